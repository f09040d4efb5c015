import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  call,
  checkPage,
  live,
  makeProject,
  openPage,
  seedRun,
  start,
  tasksOf,
} from './support.js';

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

test('a card that somebody deletes is no longer chosen, nor offered for an edit', async (t) => {
  const slug = await makeProject(server, 'deleted');
  const task = await tasksOf(server, slug)('Fix the roof');
  const page = await openBoard(t, slug, { allow: /status of 404/ });
  await card(page, 'Fix the roof').click({ modifiers: ['Control'] });
  await page.getByText('1 card chosen').waitFor();
  await link(page, 'Fix the roof').click();
  await page.getByRole('complementary').getByRole('button', { name: 'Edit' }).waitFor();
  await call(server, 'DELETE', `/api/tasks/${task.id}`);
  await page.getByText('1 card chosen').waitFor({ state: 'detached' });
  await page.getByRole('complementary').getByText('there is no such task').waitFor();
  assert.equal(await page.getByRole('button', { name: 'Edit' }).count(), 0);
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

test('a card is made with all that is settled once, in the column that was chosen', async (t) => {
  const slug = await makeProject(server, 'made');
  const parent = await tasksOf(server, slug)('Saw the wood');
  const page = await openBoard(t, slug);
  await page.getByRole('button', { name: 'New card in triage' }).click();
  await page.getByLabel('Title of a new card in triage').fill('Build the shelf');
  await page.getByRole('button', { name: 'More…' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Workspace').selectOption('worktree');
  await dialog.getByLabel('Path').fill('/srv/shelf');
  await dialog.getByLabel('Branch').fill('shelf');
  await dialog.getByLabel('Let it wait for…').fill('saw');
  await dialog.getByRole('option', { name: /Saw the wood/ }).click();
  await dialog.getByRole('button', { name: 'Do not wait for Saw the wood' }).waitFor();
  await checkPage(page);
  await dialog.getByRole('button', { name: 'Create' }).click();
  const column = page.locator('[data-column="triage"]');
  const made = column.getByRole('article', { name: 'Build the shelf' });
  await made.waitFor();
  const { task, links } = await call(
    server,
    'GET',
    `/api/tasks/${await made.getAttribute('data-card')}`,
  );
  assert.deepEqual(
    [task.workspace_kind, task.workspace_path, task.branch_name],
    ['worktree', '/srv/shelf', 'shelf'],
  );
  assert.deepEqual(links.parents, [parent.id]);
});

test('one types where a new card is begun, and goes on from where one came', async (t) => {
  const slug = await makeProject(server, 'begun');
  const page = await openBoard(t, slug);
  const begin = page.getByRole('button', { name: 'New card in triage' });
  await begin.click();
  await page.getByLabel('Title of a new card in triage').waitFor();
  for (const title of ['One', 'Two']) {
    await page.keyboard.type(title);
    await page.keyboard.press('Enter');
    await card(page, title).waitFor();
  }
  await page.keyboard.press('Escape');
  await page.waitForFunction(() => document.activeElement?.ariaLabel === 'New card in triage');

  await begin.click();
  await page.keyboard.type('Thr');
  await page.getByRole('button', { name: 'New card in ready' }).click();
  await page.getByLabel('Title of a new card in ready').waitFor();
  await page.keyboard.press('End');
  await page.keyboard.type('ee');
  await page.keyboard.press('Enter');
  await page.locator('[data-column="ready"]').getByRole('article', { name: 'Three' }).waitFor();
});

test('the last card of a long column is reached by one key', async (t) => {
  const slug = await makeProject(server, 'end');
  const make = tasksOf(server, slug);
  for (let n = 1; n <= 45; n++) await make(`Card ${n}`, { priority: 100 - n });
  const page = await openBoard(t, slug);
  await link(page, 'Card 1').focus();
  await page.keyboard.press('End');
  await focused(page, 'Card 45');
  await page.keyboard.press('Home');
  await focused(page, 'Card 1');
});

test('the board of a project that somebody deletes says so, one put away takes no cards', async (t) => {
  const slug = await makeProject(server, 'gone');
  await tasksOf(server, slug)('Fix the roof');
  const page = await openBoard(t, slug, { allow: /status of 404/ });
  await card(page, 'Fix the roof').waitFor();
  await page.getByRole('button', { name: 'New card in ready' }).waitFor();
  await call(server, 'DELETE', `/api/projects/${slug}`);
  await page.getByText('This project is archived.').waitFor();
  await page.getByRole('button', { name: 'New card in ready' }).waitFor({ state: 'detached' });
  await call(server, 'DELETE', `/api/projects/${slug}?delete=true`);
  await page.getByText('there is no such project').waitFor();
  await card(page, 'Fix the roof').waitFor({ state: 'detached' });
});

test('all cards of a column are chosen, and left again', async (t) => {
  const slug = await makeProject(server, 'all');
  const make = tasksOf(server, slug);
  for (const title of ['One', 'Two', 'Three']) await make(title);
  const page = await openBoard(t, slug);
  await page.getByRole('button', { name: 'All of ready' }).click();
  await page.getByText('3 cards chosen').waitFor();
  await page.getByRole('button', { name: 'None of ready' }).click();
  await page.getByText('3 cards chosen').waitFor({ state: 'detached' });
});

test('an empty board says how to fill it, one without finds how to see more', async (t) => {
  const slug = await makeProject(server, 'empty');
  const page = await openBoard(t, slug);
  await page.getByText(`--project ${slug}`).waitFor();
  await checkPage(page);
  await tasksOf(server, slug)('Fix the roof');
  await page.getByText(`--project ${slug}`).waitFor({ state: 'detached' });
  await page.getByLabel('Search cards').fill('cellar');
  await page.getByRole('button', { name: 'Show every card' }).click();
  await card(page, 'Fix the roof').waitFor();
});

test('the palette leads to boards, and gives the focus back', async (t) => {
  const slug = await makeProject(server, 'palette', { name: 'The palette maker' });
  await tasksOf(server, slug)('Fix the roof');
  const page = await openPage(t, browser, server, { path: '/inbox' });
  await live(page);
  await page.keyboard.press('Control+k');
  await page.getByRole('combobox', { name: 'Search and commands' }).fill(slug);
  await page.getByRole('listbox').getByText('The palette maker').click();
  await link(page, 'Fix the roof').focus();
  await page.keyboard.press('Control+k');
  await page.getByRole('combobox', { name: 'Search and commands' }).waitFor();
  await page.keyboard.press('Escape');
  await focused(page, 'Fix the roof');
});
