import assert from 'node:assert/strict';
import { test } from 'node:test';
import { call, live, makeProject, openPage, seedRun, start, tasksOf } from './support.js';

const { browser, server } = await start();
const card = (page, title) => page.getByRole('article', { name: title, exact: true });
const link = (page, title) => card(page, title).getByRole('link');
const focused = (page, title) =>
  page.waitForFunction(
    (title) => document.activeElement?.closest('[data-card]')?.ariaLabel === title,
    title,
  );

async function openBoard(t, slug, options = {}) {
  const page = await openPage(t, browser, server, { path: `/projects/${slug}/board`, ...options });
  await live(page);
  return page;
}

test('the way back of the browser closes a card, and leads no further', async (t) => {
  const slug = await makeProject(server, 'back');
  await tasksOf(server, slug)('Fix the roof');
  const page = await openBoard(t, slug);
  await link(page, 'Fix the roof').click();
  await page.getByRole('complementary').waitFor();
  await page.goBack();
  await page.getByRole('complementary').waitFor({ state: 'detached' });
  assert.equal(new URL(page.url()).pathname, `/projects/${slug}/board`);
  await focused(page, 'Fix the roof');
});

test('what is refused in a card is said above it, also on a phone', async (t) => {
  const slug = await makeProject(server, 'refused');
  const task = await tasksOf(server, slug)('Fix the roof '.repeat(20).trim());
  const page = await openBoard(t, slug, { small: true, allow: /status of 409/ });
  await link(page, task.title).click();
  const drawer = page.getByRole('complementary');
  await drawer.getByRole('link', { name: /^Comments/ }).waitFor();
  const button = drawer.getByRole('button', { name: 'To triage' });
  await button.waitFor();
  await page.route('**/demote', (route) =>
    route.fulfill({ status: 409, json: { title: 'Not now', detail: 'it rains' } }),
  );
  await button.click();
  await page.getByText('it rains').click({ trial: true });
  await drawer.getByRole('link', { name: /^Comments/ }).click();
  await drawer.getByLabel('New comment').waitFor();
});

test('chosen cards are put away though their column is hidden', async (t) => {
  const slug = await makeProject(server, 'away');
  const make = tasksOf(server, slug);
  const [one] = [await make('One'), await make('Two')];
  const page = await openBoard(t, slug);
  await card(page, 'One').click({ modifiers: ['Control'] });
  await page.getByLabel('Move the chosen cards').selectOption('archived');
  await page.getByText('1 card moved to archived.').waitFor();
  await card(page, 'One').waitFor({ state: 'detached' });
  assert.equal((await call(server, 'GET', `/api/tasks/${one.id}`)).task.status, 'archived');
});

test('what a filter hides is no longer chosen', async (t) => {
  const slug = await makeProject(server, 'hidden');
  const make = tasksOf(server, slug);
  await make('For claude', { assignee: 'claude' });
  await make('For codex', { assignee: 'codex' });
  const page = await openBoard(t, slug);
  await card(page, 'For claude').click({ modifiers: ['Control'] });
  await page.getByText('1 card chosen').waitFor();
  await page.getByLabel('Assignee', { exact: true }).selectOption('codex');
  await page.getByText('1 card chosen').waitFor({ state: 'detached' });
});

test('a card goes back at once when the server is not reached', async (t) => {
  const slug = await makeProject(server, 'unreached');
  await tasksOf(server, slug)('Fix the roof');
  const page = await openBoard(t, slug, { allow: /ERR_FAILED/ });
  await card(page, 'Fix the roof').click({ modifiers: ['Control'] });
  await page.route('**/api/**', (route) => route.abort());
  await page.getByLabel('Move the chosen cards').selectOption('triage');
  await page.getByText('The card was not moved to triage.').waitFor();
  const ready = page.locator('[data-column="ready"]');
  await ready.getByRole('article', { name: 'Fix the roof' }).waitFor();
  assert.equal(await ready.locator('[data-count]').innerText(), '1');
});

test('keys go from card to card as they stand in their lanes', async (t) => {
  const slug = await makeProject(server, 'lanes');
  const make = tasksOf(server, slug);
  for (const [title, assignee, priority] of [
    ['First of bob', 'bob', 9],
    ['Only of ann', 'ann', 5],
    ['Last of bob', 'bob', 1],
  ]) {
    const task = await make(title, { assignee, priority });
    await seedRun(server, { task_id: task.id });
  }
  const page = await openBoard(t, slug);
  await link(page, 'Only of ann').focus();
  await page.keyboard.press('ArrowDown');
  await focused(page, 'First of bob');
  await page.keyboard.press('End');
  await focused(page, 'Last of bob');
  await page.keyboard.press('Home');
  await focused(page, 'Only of ann');
  await page.keyboard.press('Control+x');
  assert.equal(await page.getByText('card chosen').count(), 0);
  await page.keyboard.press('x');
  await page.getByText('1 card chosen').waitFor();
});
