import assert from 'node:assert/strict';
import { test } from 'node:test';
import { call, checkPage, live, makeProject, openPage, start } from './support.js';

const { browser, server } = await start();
const project = await makeProject(server, 'live');

const report = (message, over = {}) =>
  call(server, 'POST', '/api/events', {
    event_type: 'skill_executed',
    source: 'tester',
    message,
    project,
    ...over,
  });
const feed = (page) => page.getByRole('region', { name: 'Events' });
const shown = (page, text) => feed(page).getByText(text, { exact: true });

test('events come as they happen, as [HH:MM:SS] [LEVEL] source: message', async (t) => {
  const page = await openPage(t, browser, server, { path: `/live?project=${project}` });
  await live(page);
  await report('something fishy', { severity: 'warning' });
  await shown(page, 'something fishy').waitFor();
  const row = feed(page)
    .locator('div', { has: page.getByText('something fishy', { exact: true }) })
    .last();
  assert.match(
    (await row.innerText()).replace(/\s+/g, ' '),
    /^\[\d\d:\d\d:\d\d\] \[WARNING\] tester: something fishy/,
  );
  await checkPage(page);
});

test('the last fifty come first, and earlier ones on demand', async (t) => {
  await call(
    server,
    'POST',
    '/api/events',
    Array.from({ length: 120 }, (_, n) => ({
      event_type: 'skill_executed',
      source: 'tester',
      message: `event ${n + 1}`,
      project,
    })),
  );
  const page = await openPage(t, browser, server, { path: `/live?project=${project}` });
  await shown(page, 'event 120').waitFor();
  await page.getByText('50 shown').waitFor();
  await page.getByRole('button', { name: 'Load earlier' }).click();
  await page.getByText('50 shown').waitFor({ state: 'detached' });
  await shown(page, 'event 120').waitFor();
});

test('a pause holds events back', async (t) => {
  const page = await openPage(t, browser, server, { path: `/live?project=${project}` });
  await live(page);
  await page.getByRole('button', { name: 'Pause' }).click();
  await report('while paused');
  await page.getByRole('button', { name: /Go on \(1 event\)/ }).click();
  await shown(page, 'while paused').waitFor();
});

test('level, type and text narrow what is shown, from the address too', async (t) => {
  await report('all is well', { severity: 'success' });
  await report('all is lost', { severity: 'error', event_type: 'secret_detected' });
  const page = await openPage(t, browser, server, {
    path: `/live?project=${project}&severity=error`,
  });
  await live(page);
  await shown(page, 'all is lost').waitFor();
  assert.equal(await shown(page, 'all is well').count(), 0);
  await report('quiet', { severity: 'info' });
  await report('loud', { severity: 'error' });
  await shown(page, 'loud').waitFor();
  assert.equal(await shown(page, 'quiet').count(), 0);
  await page.getByLabel('Search what is shown').fill('lost');
  await shown(page, 'loud').waitFor({ state: 'detached' });
  await shown(page, 'all is lost').waitFor();
});
