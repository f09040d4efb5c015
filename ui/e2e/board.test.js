import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  call,
  checkPage,
  live,
  makeProject,
  openPage,
  print,
  seedRun,
  start,
  tasksOf,
} from './support.js';

const { browser, server } = await start();

async function makeBoard() {
  const slug = await makeProject(server, 'board');
  return {
    slug,
    path: `/projects/${slug}/board`,
    make: tasksOf(server, slug),
    status: async (task) => (await call(server, 'GET', `/api/tasks/${task.id}`)).task.status,
  };
}

const column = (page, status) => page.locator(`[data-column="${status}"]`);
const card = (page, status, title) =>
  column(page, status).getByRole('article', { name: title, exact: true });
const counted = (page, status, amount) =>
  column(page, status)
    .locator('[data-count]')
    .filter({ hasText: new RegExp(`^${amount}$`) })
    .waitFor();

/** Drags by mouse, in steps as a hand does. */
async function drag(page, from, to) {
  const [start, end] = [await from.boundingBox(), await to.boundingBox()];
  await page.mouse.move(start.x + 40, start.y + 15);
  await page.mouse.down();
  await page.mouse.move(start.x + 60, start.y + 30, { steps: 3 });
  await page.mouse.move(end.x + end.width / 2, end.y + 120, { steps: 8 });
  await page.waitForFunction(
    (status) =>
      document.querySelector(`[data-column="${status}"]`)?.className.includes('outline-accent'),
    await to.getAttribute('data-column'),
  );
  await page.mouse.up();
}

test('a board shows what happens, card by card, without a reload', async (t) => {
  const project = await makeBoard();
  const page = await openPage(t, browser, server, { path: project.path });
  await live(page);
  await counted(page, 'ready', 0);
  const task = await project.make('Paint the door', { assignee: 'claude', priority: 3 });
  await card(page, 'ready', 'Paint the door').getByText('@claude').waitFor();
  await counted(page, 'ready', 1);
  await call(server, 'POST', `/api/tasks/${task.id}/comments`, { body: 'In green' });
  await card(page, 'ready', 'Paint the door').getByTitle('1 comment').waitFor();
  await checkPage(page);
  const { run } = await seedRun(server, { task_id: task.id });
  await card(page, 'running', 'Paint the door').waitFor();
  await counted(page, 'ready', 0);
  await column(page, 'running').getByRole('heading', { name: '@claude 1' }).waitFor();
  await call(server, 'POST', `/api/runs/${run.id}/finish`, { outcome: 'completed' });
  await card(page, 'done', 'Paint the door').waitFor();
});

test('cards are dragged by mouse; a refusal puts them back and says why', async (t) => {
  const project = await makeBoard();
  const parent = await project.make('Saw the wood');
  const child = await project.make('Build the shelf', { parents: [parent.id] });
  const page = await openPage(t, browser, server, {
    path: project.path,
    allow: /status of 409/,
  });
  await live(page);
  await drag(page, card(page, 'todo', 'Build the shelf'), column(page, 'ready'));
  await page.getByText(/The card was not moved to ready.*Saw the wood/).waitFor();
  await card(page, 'todo', 'Build the shelf').waitFor();
  assert.equal(await project.status(child), 'todo');

  await drag(page, card(page, 'ready', 'Saw the wood'), column(page, 'triage'));
  await page.getByText('1 card moved to triage.').waitFor();
  await card(page, 'triage', 'Saw the wood').waitFor();
  assert.equal(await project.status(parent), 'triage');
  assert.equal(new URL(page.url()).search, '', 'a drag opens nothing');
});

test('a card is moved by keyboard, and every step is said', async (t) => {
  const project = await makeBoard();
  const task = await project.make('Oil the hinges');
  const page = await openPage(t, browser, server, { path: project.path });
  await live(page);
  await page.getByRole('button', { name: 'Move Oil the hinges' }).focus();
  await page.keyboard.press('Space');
  await page.getByText(/^Picked up Oil the hinges/).waitFor({ state: 'attached' });
  await page.keyboard.press('ArrowRight');
  await page.getByText('Over review.').waitFor({ state: 'attached' });
  await page.keyboard.press('ArrowLeft');
  await page.keyboard.press('ArrowLeft');
  await page.getByText('Over todo.').waitFor({ state: 'attached' });
  await page.keyboard.press('Space');
  await card(page, 'todo', 'Oil the hinges').waitFor();
  await page.getByText('1 card moved to todo.').waitFor();
  assert.equal(await project.status(task), 'todo');

  await page.getByRole('button', { name: 'Move Oil the hinges' }).focus();
  await page.keyboard.press('Space');
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('Escape');
  await page.getByText('Oil the hinges stays where it was.').waitFor({ state: 'attached' });
  assert.equal(await project.status(task), 'todo');
});

test('a finger that rests drags, one that moves scrolls', async (t) => {
  const project = await makeBoard();
  const task = await project.make('Sweep the floor', { triage: true });
  const page = await openPage(t, browser, server, { path: project.path, small: true });
  await live(page);
  const touch = await page.context().newCDPSession(page);
  const send = (type, x, y) =>
    touch.send('Input.dispatchTouchEvent', {
      type,
      touchPoints: x === undefined ? [] : [{ x, y }],
    });
  const box = await card(page, 'triage', 'Sweep the floor').boundingBox();
  const [x, y] = [box.x + 30, box.y + 15];
  await send('touchStart', x, y);
  await page.waitForFunction(
    () => document.querySelector('[data-card]')?.className.includes('opacity-50'),
    undefined,
    { polling: 50 },
  );
  for (let step = 1; step <= 10; step++) await send('touchMove', x + step * 29, y + step * 4);
  await page.waitForFunction(() =>
    document.querySelector('[data-column="todo"]')?.className.includes('outline-accent'),
  );
  await send('touchEnd');
  await card(page, 'todo', 'Sweep the floor').waitFor();
  await page.getByText('1 card moved to todo.').waitFor();
  assert.equal(await project.status(task), 'todo');
});

test('what a worker has is taken back only after asking, once for many', async (t) => {
  const project = await makeBoard();
  const tasks = [];
  for (const title of ['First', 'Second']) {
    const task = await project.make(title);
    await seedRun(server, { task_id: task.id });
    tasks.push(task);
  }
  const page = await openPage(t, browser, server, { path: project.path });
  await live(page);
  await card(page, 'running', 'First').click({ modifiers: ['Control'] });
  await card(page, 'running', 'Second').click({ modifiers: ['Control'] });
  await page.getByLabel('Move the chosen cards').selectOption('ready');
  const dialog = page.getByRole('dialog');
  await dialog.getByText('2 tasks will be taken back from their workers').waitFor();
  await checkPage(page);
  await page.keyboard.press('Enter');
  await dialog.waitFor({ state: 'detached' });
  assert.equal(await project.status(tasks[0]), 'running', 'Enter does not confirm');
  await page.getByLabel('Move the chosen cards').selectOption('ready');
  await dialog.getByRole('button', { name: 'Move' }).click();
  await page.getByText('2 cards moved to ready.').waitFor();
  await counted(page, 'ready', 2);
  await counted(page, 'running', 0);
  for (const task of tasks) assert.equal(await project.status(task), 'ready');
});

test('cards are chosen by shift and ctrl and changed together, with an answer for each', async (t) => {
  const project = await makeBoard();
  const parent = await project.make('The parent', { priority: 9 });
  for (const n of [1, 2, 3, 4]) await project.make(`Card ${n}`, { triage: true });
  await project.make('A child', { parents: [parent.id] });
  const page = await openPage(t, browser, server, { path: project.path });
  await live(page);
  await card(page, 'triage', 'Card 1').click({ modifiers: ['Shift'] });
  await card(page, 'triage', 'Card 3').click({ modifiers: ['Shift'] });
  await page.getByText('3 cards chosen').waitFor();
  await page.getByLabel('Assignee of the chosen cards').fill('codex');
  await page.getByRole('button', { name: 'Assign' }).click();
  await page.getByText('3 cards assigned to codex.').waitFor();
  await card(page, 'triage', 'Card 3').getByText('@codex').waitFor();

  await card(page, 'triage', 'Card 1').click({ modifiers: ['Control'] });
  await card(page, 'todo', 'A child').click({ modifiers: ['Control'] });
  await checkPage(page);
  await page.getByLabel('Move the chosen cards').selectOption('ready');
  await page.getByText('1 of 2 cards was not moved to ready.').waitFor();
  await card(page, 'ready', 'Card 1').waitFor();
  await page.getByText('1 card chosen').waitFor();
  await card(page, 'todo', 'A child')
    .getByText(/waits for tasks that are open/)
    .waitFor();
  await page.keyboard.press('Escape');
  await page.getByText('1 card chosen').waitFor({ state: 'detached' });
});

test('cards are made in their column', async (t) => {
  const project = await makeBoard();
  const page = await openPage(t, browser, server, { path: project.path });
  await live(page);
  for (const status of ['triage', 'todo', 'ready', 'scheduled']) {
    await page.getByRole('button', { name: `New card in ${status}` }).click();
    await page.getByLabel(`Title of a new card in ${status}`).fill(`Made in ${status}`);
    await page.keyboard.press('Enter');
    await card(page, status, `Made in ${status}`).waitFor();
    await page.keyboard.press('Escape');
  }
  await checkPage(page);
});

test('the drawer stands in the address, edits, moves, and shows runs and log', async (t) => {
  const project = await makeBoard();
  const task = await project.make('Fix the roof', { body: 'Before **winter**.', human_gate: true });
  const page = await openPage(t, browser, server, { path: `${project.path}?q=roof` });
  await live(page);
  await card(page, 'ready', 'Fix the roof').getByRole('link').click();
  await page.waitForURL((url) => url.searchParams.get('task') === task.id);
  await page.reload();
  const drawer = page.getByRole('complementary', { name: 'Card: Fix the roof' });
  await drawer.locator('strong', { hasText: 'winter' }).waitFor();
  assert.equal(await page.getByLabel('Search cards').inputValue(), 'roof');
  await checkPage(page);

  await drawer.getByRole('button', { name: 'To review…' }).click();
  await page.getByRole('dialog').getByLabel('What was done?').fill('New tiles');
  await page.getByRole('dialog').getByRole('button', { name: 'To review' }).click();
  await drawer.getByRole('button', { name: 'Request changes…' }).click();
  await page.getByRole('dialog').getByRole('textbox').fill('One is missing');
  await page.getByRole('dialog').getByRole('button', { name: 'Request changes' }).click();
  await drawer.getByRole('button', { name: 'Block…' }).waitFor();
  await drawer.getByRole('link', { name: 'Comments 1' }).click();
  await drawer.getByText('One is missing').waitFor();

  const { run } = await seedRun(server, { task_id: task.id });
  await print(server, run, [{ text: 'hammering' }]);
  await drawer.getByRole('link', { name: 'Log' }).click();
  await drawer.getByText('hammering').waitFor();
  await drawer.locator('[data-log="live"]').waitFor();
  await print(server, run, [{ text: 'sawing' }]);
  await drawer.getByText('sawing').waitFor();
  await drawer.getByRole('link', { name: /Runs/ }).click();
  await drawer
    .getByRole('button', { name: /Attempt/ })
    .first()
    .waitFor();
  await checkPage(page);
  await page.keyboard.press('Escape');
  await drawer.waitFor({ state: 'detached' });
  // The focus goes back to the card.
  await page.waitForFunction(() => document.activeElement?.textContent === 'Fix the roof');
});

test('a card that somebody else moves keeps the focus', async (t) => {
  const project = await makeBoard();
  const task = await project.make('Fix the roof');
  const page = await openPage(t, browser, server, { path: project.path });
  await live(page);
  await card(page, 'ready', 'Fix the roof').getByRole('link').focus();
  await call(server, 'POST', `/api/tasks/${task.id}/block`, { reason: 'rain' });
  await card(page, 'blocked', 'Fix the roof').waitFor();
  await page.waitForFunction(() => document.activeElement?.textContent === 'Fix the roof');
});

test('filters and search stand in the address', async (t) => {
  const project = await makeBoard();
  await project.make('For acme', { tenant: 'acme', assignee: 'claude' });
  await project.make('For nobody', { assignee: 'codex' });
  const page = await openPage(t, browser, server, { path: project.path });
  await card(page, 'ready', 'For nobody').waitFor();
  await page.getByLabel('Tenant').selectOption('acme');
  await card(page, 'ready', 'For nobody').waitFor({ state: 'detached' });
  await page.waitForURL(/tenant=acme/);
  await page.reload();
  await card(page, 'ready', 'For acme').waitFor();
  await counted(page, 'ready', 1);
  await page.getByRole('button', { name: 'Show all' }).click();
  await page.getByLabel('Search cards').fill('NOBODY');
  await card(page, 'ready', 'For acme').waitFor({ state: 'detached' });
  await card(page, 'ready', 'For nobody').waitFor();
});

test('a long column is loaded as it is scrolled, and little of it is in the document', async (t) => {
  const project = await makeBoard();
  for (let from = 0; from < 300; from += 50) {
    await Promise.all(
      Array.from({ length: 50 }, (_, n) => project.make(`Card number ${from + n}`)),
    );
  }
  const page = await openPage(t, browser, server, { path: project.path });
  await live(page);
  await counted(page, 'ready', 300);
  const all = await call(server, 'GET', `/api${project.path}/ready?limit=1000`);
  const last = card(page, 'ready', all.at(-1).title);
  await page.waitForFunction(
    (title) => {
      const list = document.querySelector('[aria-label="Cards in ready"]');
      list.scrollTop = list.scrollHeight;
      return document.querySelector(`[aria-label="${title}"]`);
    },
    all.at(-1).title,
    { polling: 50 },
  );
  await last.waitFor();
  assert.ok((await page.getByRole('article').count()) < 60);
});

for (const [name, options] of [
  ['in dark', { dark: true }],
  ['at 360 pixels', { small: true }],
]) {
  test(`board and drawer are accessible ${name}`, async (t) => {
    const project = await makeBoard();
    const task = await project.make('A card', { assignee: 'claude', priority: 1, tenant: 'acme' });
    await call(server, 'POST', `/api/tasks/${task.id}/block`, { reason: 'no paint' });
    const page = await openPage(t, browser, server, { path: project.path, ...options });
    await live(page);
    await card(page, 'blocked', 'A card').getByText('no paint').waitFor();
    await checkPage(page);
    await page.goto(`${server.url}${project.path}?task=${task.id}`);
    await page.getByRole('complementary').getByText('no paint').waitFor();
    await checkPage(page);
  });
}
