import assert from 'node:assert/strict';
import { test } from 'node:test';
import { call, checkPage, live, openPage, print, seedRun, start } from './support.js';

const { browser, server } = await start();

const numbered = (count, text = 'line') =>
  Array.from({ length: count }, (_, n) => ({ text: `${text} ${n + 1}` }));

/** The log's scrolling part. */
const log = (page) => page.getByRole('region', { name: 'Log' });
const row = (page, text) => log(page).getByText(text, { exact: true });
const badge = (page, state) => page.locator(`[data-log="${state}"]`);

test('a run is followed live: state, steps, lines, calls, end', async (t) => {
  const { run, tool } = await seedRun(server);
  await print(server, run, [
    { text: '\x1b[1;31merror\x1b[0m: no' },
    { text: 'second', stream: 'stderr', step_id: tool.id },
  ]);
  const page = await openPage(t, browser, server, { path: `/runs/${run.id}` });
  await live(page);
  await badge(page, 'live').waitFor();
  await log(page).locator('.ansi-red-fg', { hasText: 'error' }).waitFor();

  await print(server, run, [{ text: 'third, while looking' }]);
  await row(page, 'third, while looking').waitFor();
  const steps = page.getByRole('region', { name: 'Steps' });
  await steps.getByRole('button', { name: /Bash cargo test/ }).click();
  await steps.getByText('1 failed').waitFor();
  await checkPage(page);

  await call(server, 'POST', `/api/runs/${run.id}/finish`, {
    outcome: 'failed',
    exit_code: 3,
    error: 'it broke',
  });
  await page.getByText('it broke').waitFor();
  await badge(page, 'ended').waitFor();
  assert.equal(await page.getByRole('button', { name: 'Cancel…' }).count(), 0);
  await page.getByRole('link', { name: /LLM calls/ }).click();
  await page.getByRole('row', { name: /claude-sonnet-4-5/ }).waitFor();
});

/** The first line in the document once a turn of the wheel has come to its end. */
async function placeAtRest(page) {
  const first = () => log(page).locator('a').first().innerText();
  for (let before = await first(); ;) {
    await page.evaluate(() => new Promise((done) => setTimeout(done, 200)));
    const now = await first();
    if (now === before) return now;
    before = now;
  }
}

test('a long log opens at its end, loads earlier lines in place and follows again', async (t) => {
  const { run } = await seedRun(server);
  await print(server, run, numbered(2500));
  const page = await openPage(t, browser, server, { path: `/runs/${run.id}` });
  await row(page, 'line 2500').waitFor();
  assert.ok(
    (await log(page).locator('a').count()) < 200,
    'only what is in view is in the document',
  );

  await log(page).hover();
  await page.mouse.wheel(0, -4000);
  await page.getByRole('button', { name: 'Jump to the end' }).waitFor();
  const place = await placeAtRest(page);
  await print(server, run, [{ text: 'below the view' }]);
  await page.getByText(/–2,501$/).waitFor();
  assert.equal(
    await log(page).locator('a').first().innerText(),
    place,
    'the view stays where it is',
  );

  await page.getByRole('button', { name: 'Load earlier' }).click();
  await page.getByText(/^Lines 1,501–/).waitFor();
  assert.equal(
    await log(page).locator('a').first().innerText(),
    place,
    'earlier lines do not move it',
  );

  await page.getByRole('button', { name: 'Jump to the end' }).click();
  await row(page, 'below the view').waitFor();
  await print(server, run, [{ text: 'at the end again' }]);
  await row(page, 'at the end again').waitFor();
});

test('on a phone the end of the log is in view at once, the facts one press away', async (t) => {
  const { run } = await seedRun(server);
  await print(server, run, numbered(100));
  const page = await openPage(t, browser, server, { path: `/runs/${run.id}`, small: true });
  const last = row(page, 'line 100');
  await last.waitFor();
  const { y, height } = await last.boundingBox();
  const nav = await page.getByRole('navigation', { name: 'Main' }).boundingBox();
  assert.ok(y + height <= nav.y, `${y + height} is below ${nav.y}`);
  await checkPage(page);
  assert.equal(await page.getByText('claude -p Add a login page').isVisible(), false);
  await page.getByRole('button', { name: 'All facts' }).click();
  await page.getByText('claude -p Add a login page').waitFor();
});

test('a run names its task and the conversation as the agent does', async (t) => {
  const { task } = await call(server, 'POST', '/api/tasks', { title: 'Knead the dough' });
  const { run } = await seedRun(server, { task_id: task.id });
  const session = { agent: 'claude', provider_session_id: 'my-own-name', messages: 2 };
  await call(server, 'PATCH', `/api/runs/${run.id}`, { session });
  const page = await openPage(t, browser, server, { path: `/runs/${run.id}` });
  await page.getByText('my-own-name').waitFor();
  await page.getByText('2 messages').waitFor();
  await page.getByRole('link', { name: 'Knead the dough' }).waitFor();
});

test('a line has a permanent address', async (t) => {
  const { run } = await seedRun(server);
  await print(server, run, numbered(3000));
  const page = await openPage(t, browser, server, { path: `/runs/${run.id}#L1200` });
  const link = log(page).getByRole('link', { name: 'Line 1200' });
  await link.waitFor();
  await row(page, 'line 1200').waitFor();
  await link.click();
  await page.waitForURL((url) => url.hash === '');
  await log(page).getByRole('link', { name: 'Line 1203' }).click();
  await page.waitForURL((url) => url.hash === '#L1203');
  await page.getByRole('button', { name: 'Jump to the end' }).click();
  await row(page, 'line 3000').waitFor();
});

test('the end is reached while the line of the address is still being shown', async (t) => {
  const { run } = await seedRun(server);
  await print(server, run, numbered(3000));
  const page = await openPage(t, browser, server, { path: '/runs' });
  // No hand is so fast: in the frame after the first rows, before the list has come to rest.
  await page.addInitScript(() => {
    const look = () => {
      const shown = document.querySelector('[aria-label="Line 1203"]');
      const jump = [...document.querySelectorAll('button')].find(
        ({ innerText }) => innerText === 'Jump to the end',
      );
      if (shown && jump) jump.click();
      else requestAnimationFrame(look);
    };
    look();
  });
  await page.goto(`${server.url}/runs/${run.id}#L1200`);
  await row(page, 'line 3000').waitFor();
  await badge(page, 'live').waitFor();
  await page.getByText('Lines 2,501–3,000').waitFor();
  await print(server, run, [{ text: 'at the end' }]);
  await row(page, 'at the end').waitFor();
});

test('a log is searched on the server and filtered by step and stream', async (t) => {
  const { run, tool } = await seedRun(server);
  await print(server, run, [
    { text: 'A Needle here' },
    ...numbered(2000),
    { text: 'of the step', step_id: tool.id, stream: 'tool' },
  ]);
  const page = await openPage(t, browser, server, { path: `/runs/${run.id}` });
  await row(page, 'of the step').waitFor();
  await page.getByLabel('Search the log').fill('needle');
  await page.getByText('1 line found').waitFor();
  assert.equal(await log(page).locator('mark').innerText(), 'Needle');
  await page.getByLabel('Search the log').fill('');
  await page.waitForURL((url) => !url.searchParams.has('q'));
  await page.getByLabel('Stream').selectOption('tool');
  await page.getByText('1 line found').waitFor();
  await page.reload();
  await page.getByText('1 line found').waitFor();
  await page.getByLabel('Stream').selectOption('');
  await page.getByLabel('Step', { exact: true }).selectOption(tool.id);
  await page.getByText('1 line found').waitFor();
});

test('the raw log is downloaded', async (t) => {
  const { run } = await seedRun(server);
  await print(server, run, numbered(3));
  const page = await openPage(t, browser, server, { path: `/runs/${run.id}` });
  await row(page, 'line 3').waitFor();
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('link', { name: 'Download the whole log' }).click(),
  ]);
  assert.ok(await download.path());
});

test('a run is cancelled after asking', async (t) => {
  const { run } = await seedRun(server);
  const page = await openPage(t, browser, server, { path: `/runs/${run.id}` });
  await page.getByRole('button', { name: 'Cancel…' }).click();
  await page.getByRole('button', { name: 'Cancel the run' }).click();
  await page.getByText('cancelling', { exact: true }).waitFor();
  const kept = await call(server, 'GET', `/api/runs/${run.id}`);
  assert.ok(kept.run.cancel_requested_at);
});

test('the list shows runs as they come, by state, children under their parents', async (t) => {
  const page = await openPage(t, browser, server, { path: '/runs?state=running' });
  await live(page);
  const title = `parent ${Date.now()}`;
  const { run } = await seedRun(server, { title });
  await seedRun(server, { title: 'its child', parent_run_id: run.id });
  await page.getByRole('link', { name: title }).waitFor();
  await page.getByLabel('started by the run above').first().waitFor();
  await checkPage(page);
  await call(server, 'POST', `/api/runs/${run.id}/finish`, { outcome: 'completed', exit_code: 0 });
  await page.getByRole('link', { name: title }).waitFor({ state: 'detached' });
});
