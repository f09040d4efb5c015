import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import {
  call,
  checkPage,
  live,
  openPage,
  ownServer,
  print,
  seedRun,
  start,
  startServer,
} from './support.js';

const { browser, server } = await start();
const ticket = await call(server, 'POST', '/api/tickets', {
  title: 'A ticket with a title that is long enough to need more than one line on a small screen',
  description:
    '# Why\n\n- [x] done\n- [ ] open\n\n`a_very_long_word_that_cannot_be_broken_anywhere_at_all_by_itself`',
  labels: ['security'],
});
await call(server, 'POST', '/api/tasks', { ticket_id: ticket.id, title: 'Its first task' });
const { run } = await seedRun(server, { ticket_id: ticket.id });
await print(server, run, [
  { text: `\x1b[33m${'long '.repeat(80)}` },
  { text: '\x1b[38;5;208many\x1b[7m colour' },
]);

const pages = () => [
  '/',
  '/tickets',
  `/tickets/${ticket.id}`,
  '/tickets?new=1',
  '/runs',
  `/runs/${run.id}`,
  '/live',
];

for (const [name, options] of [
  ['in light', {}],
  ['in dark', { dark: true }],
  ['at 360 pixels', { small: true }],
]) {
  test(`every page is accessible and nothing hangs over ${name}`, async (t) => {
    const page = await openPage(t, browser, server, options);
    for (const path of pages()) {
      await page.goto(server.url + path);
      await live(page);
      await page.waitForFunction(
        () => document.querySelector('main h1') && !document.querySelector('main .appear'),
      );
      await checkPage(page);
    }
  });
}

test('the counters follow a task that belongs to no ticket', async (t) => {
  const page = await openPage(t, browser, server);
  await live(page);
  const waiting = page.getByRole('definition').nth(1);
  const before = Number(await waiting.innerText());
  await call(server, 'POST', '/api/tasks', { project: ticket.project_id, title: 'A lonely task' });
  await page.waitForFunction(
    (wanted) => document.querySelectorAll('dl dd')[1]?.textContent === wanted,
    String(before + 1),
  );
});

test('deep links answer with the page, unknown ones with 404 and a page that says so', async (t) => {
  for (const path of pages()) {
    assert.equal((await fetch(server.url + path)).status, 200, path);
  }
  const page = await openPage(t, browser, server, {
    path: '/nowhere/at/all',
    allow: /status of 404/,
  });
  await page.getByRole('heading', { name: 'There is nothing here' }).waitFor();
  assert.equal((await fetch(`${server.url}/nowhere`)).status, 404);
  await checkPage(page);
});

test('the first load is light, and what is hashed is kept for ever', async () => {
  const page = await browser.newPage();
  const scripts = [];
  page.on('response', (response) => {
    if (response.url().endsWith('.js')) scripts.push(response);
  });
  await page.goto(server.url);
  await page.getByRole('button', { name: 'Log in' }).waitFor();
  let bytes = 0;
  for (const script of scripts) bytes += gzipSync(await script.body()).length;
  assert.ok(bytes > 1000 && bytes < 150_000, `${bytes} bytes of compressed script`);
  const hashed = scripts.find((script) => script.url().includes('/assets/'));
  assert.match((await hashed.allHeaders())['cache-control'], /immutable/);
  await page.close();
});

test('the page allows no inline script and is not kept', async () => {
  const { headers } = await fetch(`${server.url}/tickets`);
  assert.match(headers.get('content-security-policy'), /script-src 'self';/);
  assert.match(headers.get('content-security-policy'), /frame-ancestors 'none'/);
  assert.equal(headers.get('cache-control'), 'no-cache');
});

test('the palette finds pages and what is kept, by keyboard', async (t) => {
  const page = await openPage(t, browser, server);
  await live(page);
  await page.keyboard.press('Control+k');
  await page.getByRole('combobox', { name: 'Search and commands' }).fill('need more than one');
  await page.getByRole('option', { name: /A ticket with a title/ }).waitFor();
  await checkPage(page);
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: /A ticket with a title/ }).waitFor();
  await page.keyboard.press('Control+k');
  await page.getByRole('combobox', { name: 'Search and commands' }).waitFor();
  await page.keyboard.press('Escape');
  await page.getByRole('combobox', { name: 'Search and commands' }).waitFor({ state: 'detached' });
});

test('letters go from page to page, and can be switched off', async (t) => {
  const page = await openPage(t, browser, server);
  await live(page);
  await page.keyboard.press('g');
  await page.keyboard.press('r');
  await page.getByRole('heading', { name: 'Runs' }).waitFor();
  assert.equal(
    await page.evaluate(() => document.activeElement?.tagName),
    'H1',
    'a reader goes on at the heading',
  );
  await page.keyboard.press('?');
  await page.getByLabel(/Single keys do something/).uncheck();
  await checkPage(page);
  await page.getByRole('button', { name: 'Close', exact: true }).click();
  await page.keyboard.press('?');
  assert.equal(await page.getByRole('dialog').count(), 0);
});

test('a chosen theme stays and wins over the system', async (t) => {
  const page = await openPage(t, browser, server);
  const ground = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const light = await ground();
  await page.getByRole('button', { name: 'Theme: system' }).click();
  await page.getByRole('button', { name: 'Theme: light' }).click();
  await page.getByRole('button', { name: 'Theme: dark' }).waitFor();
  const dark = await ground();
  assert.notEqual(dark, light);
  await page.reload();
  assert.equal(await ground(), dark);
});

test('the tab says what goes wrong while nobody looks', async (t) => {
  const waiting = (await call(server, 'GET', '/api/inbox')).length;
  const page = await openPage(t, browser, server, { path: '/live' });
  await live(page);
  await page.evaluate(() => {
    Object.defineProperty(document, 'visibilityState', { value: 'hidden', configurable: true });
  });
  await call(server, 'POST', '/api/events', {
    event_type: 'secret_detected',
    message: 'a key in the diff',
  });
  await page.waitForFunction((n) => document.title.startsWith(`(${n}) `), waiting + 1);
  assert.match(await page.locator('link[rel=icon]').last().getAttribute('href'), /^data:image/);
});

test('everything works below a base path', { skip: !ownServer }, async (t) => {
  const below = await startServer({ flags: ['--base-path', '/x/'] });
  t.after(() => below.stop());
  assert.match(below.url, /\/x$/);
  const made = await call(below, 'POST', '/api/tickets', { title: 'Below' });
  const page = await openPage(t, browser, below, {
    path: `/tickets/${made.id}`,
    login: false,
    // The server stops before the page closes.
    allow: /status of 401|ERR_CONNECTION_REFUSED/,
  });
  await page.locator('input[type=password]').fill(below.token);
  await page.getByRole('button', { name: 'Log in' }).click();
  await page.getByRole('heading', { name: 'Below' }).waitFor();
  await live(page);
  await page.getByRole('link', { name: 'Live', exact: true }).click();
  assert.equal(new URL(page.url()).pathname, '/x/live');
  await call(below, 'POST', '/api/tickets', { title: 'Another' });
  await page
    .getByRole('region', { name: 'Events' })
    .getByText(/Another/)
    .first()
    .waitFor();
  const other = await seedRun(below);
  await print(below, other.run, [{ text: 'hello from below' }]);
  await page.goto(`${below.url}/runs/${other.run.id}`);
  await page.getByText('hello from below').waitFor();
  await page.locator('[data-log="live"]').waitFor();
});

test(
  'a server that went away is found again, and nothing was missed',
  { skip: !ownServer },
  async (t) => {
    let gone = await startServer();
    const page = await openPage(t, browser, gone, {
      path: '/live',
      allow: /WebSocket connection|ERR_CONNECTION_REFUSED/,
    });
    await live(page);
    await call(gone, 'POST', '/api/tickets', { title: 'Before the crash' });
    await page
      .getByText(/Before the crash/)
      .first()
      .waitFor();
    await gone.kill();
    await page.locator('[data-stream="reconnecting"]').waitFor();
    gone = await startServer({ again: gone });
    t.after(() => gone.stop());
    await call(gone, 'POST', '/api/tickets', { title: 'After the crash' });
    await live(page);
    await page
      .getByText(/After the crash/)
      .first()
      .waitFor();
  },
);
