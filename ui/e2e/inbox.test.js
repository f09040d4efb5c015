import assert from 'node:assert/strict';
import { test } from 'node:test';
import { call, checkPage, live, makeProject, openPage, start, tasksOf } from './support.js';

const { browser, server } = await start();
const project = await makeProject(server, 'inbox', { name: 'The bakery' });
const makeTask = tasksOf(server, project);

async function makeQuestion(title, text, options = []) {
  const task = await makeTask(title);
  const question = await call(server, 'POST', `/api/tasks/${task.id}/questions`, { text, options });
  return { task, question };
}

const inReview = async (title) => {
  const task = await makeTask(title, { human_gate: true });
  return call(server, 'POST', `/api/tasks/${task.id}/review`, { summary: `${title} is done` });
};

const blocked = async (title) => {
  const task = await makeTask(title);
  return call(server, 'POST', `/api/tasks/${task.id}/block`, { reason: 'no flour' });
};

const item = (page, title) =>
  page.getByRole('main').getByRole('listitem').filter({ hasText: title });
const openInbox = (t, options = {}) =>
  openPage(t, browser, server, { path: `/inbox?project=${project}`, ...options });

test('questions are answered from the list: by a choice, by typing', async (t) => {
  const chosen = await makeQuestion('Choose a grain', 'Which grain?', ['Rye', 'Wheat']);
  const typed = await makeQuestion('Choose a name', 'What is it **called**?');
  const page = await openInbox(t);
  await item(page, 'Which grain?').getByRole('button', { name: 'Rye' }).waitFor();
  await item(page, 'Which grain?').getByRole('link', { name: chosen.task.title }).waitFor();
  await checkPage(page);
  await item(page, 'Which grain?').getByRole('button', { name: 'Rye' }).click();
  await item(page, 'Which grain?').waitFor({ state: 'detached' });
  await item(page, 'What is it called?').waitFor();
  await item(page, 'called').getByRole('textbox').fill('Bread');
  await item(page, 'called').getByRole('button', { name: 'Answer' }).click();
  await item(page, 'called').waitFor({ state: 'detached' });
  for (const [{ task, question }, answer] of [
    [chosen, 'Rye'],
    [typed, 'Bread'],
  ]) {
    const [kept] = await call(server, 'GET', `/api/questions?task=${task.id}&state=answered`);
    assert.equal(kept.id, question.id);
    assert.equal(kept.answer, answer);
    assert.equal((await call(server, 'GET', `/api/tasks/${task.id}`)).task.status, 'ready');
  }
});

test('a long answer to choose from keeps within a phone', async (t) => {
  const words = 'Ask me again tomorrow when the finance department has decided';
  await makeQuestion('Choose a miller', 'Which miller?', ['Ann', words]);
  const page = await openInbox(t, { small: true });
  const button = item(page, 'Which miller?').getByRole('button', { name: words });
  await button.waitFor();
  const over = await button.evaluate((it) => it.scrollWidth - it.clientWidth);
  assert.equal(over, 0);
  await button.click();
  await item(page, 'Which miller?').waitFor({ state: 'detached' });
});

test('results are approved or sent back, and what is blocked is released', async (t) => {
  const good = await inReview('A good loaf');
  const burnt = await inReview('A burnt loaf');
  const stuck = await blocked('Knead it');
  const page = await openInbox(t);
  await item(page, 'A good loaf').getByRole('button', { name: 'Approve…' }).click();
  await page.getByRole('dialog').getByLabel('What is to be said about it?').fill('Tasty');
  await checkPage(page);
  await page.getByRole('dialog').getByRole('button', { name: 'Approve' }).click();
  await item(page, 'A good loaf').waitFor({ state: 'detached' });
  await item(page, 'A burnt loaf').getByRole('button', { name: 'Request changes…' }).click();
  const send = page.getByRole('dialog').getByRole('button', { name: 'Request changes' });
  assert.equal(await send.isDisabled(), true, 'changes must be named');
  await page.getByRole('dialog').getByRole('textbox').fill('Less heat');
  await send.click();
  await item(page, 'A burnt loaf').waitFor({ state: 'detached' });
  await item(page, 'Knead it').getByText('no flour').waitFor();
  await item(page, 'Knead it').getByRole('button', { name: 'Unblock' }).click();
  await item(page, 'Knead it').waitFor({ state: 'detached' });
  for (const [task, status] of [
    [good, 'done'],
    [burnt, 'ready'],
    [stuck, 'ready'],
  ]) {
    const kept = await call(server, 'GET', `/api/tasks/${task.id}`);
    assert.equal(kept.task.status, status, task.title);
  }
  const { comments } = await call(server, 'GET', `/api/tasks/${burnt.id}`);
  assert.equal(comments.at(-1).body, 'Less heat');
});

test('everything is done by keyboard, and the focus goes on', async (t) => {
  await blocked('First in line');
  await blocked('Second in line');
  // What somebody asks stands before what is stuck.
  const { task } = await makeQuestion('Knead the dough', 'Shall I?', ['Yes', 'No']);
  const page = await openInbox(t);
  await item(page, 'Shall I?').waitFor();
  const focused = () => page.evaluate(() => document.activeElement?.textContent);
  await page.keyboard.press('j');
  assert.equal(await focused(), 'Knead the dough');
  await page.keyboard.press('j');
  assert.equal(await focused(), 'First in line');
  await page.keyboard.press('k');
  await page.keyboard.press('2');
  await item(page, 'Shall I?').waitFor({ state: 'detached' });
  const [kept] = await call(server, 'GET', `/api/questions?task=${task.id}&state=answered`);
  assert.equal(kept.answer, 'No');
  await page.waitForFunction(() => document.activeElement?.textContent === 'First in line');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('u');
  await item(page, 'Second in line').waitFor({ state: 'detached' });
  await page.waitForFunction(() => document.activeElement?.textContent === 'First in line');
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'First in line' }).waitFor();
});

test('what waits is counted in the navigation, the title and the icon', async (t) => {
  const before = (await call(server, 'GET', '/api/inbox')).length;
  const page = await openPage(t, browser, server, { path: '/live' });
  await live(page);
  await blocked('Counted');
  const number = String(before + 1);
  const link = page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: /Inbox/ });
  await link.getByText(number).waitFor();
  await page.waitForFunction((n) => document.title.startsWith(`(${n}) `), number);
  assert.match(await page.locator('link[rel=icon]').last().getAttribute('href'), /^data:image/);
  await link.click();
  await page.getByLabel('Kind').selectOption('approval');
  await item(page, 'Counted').waitFor({ state: 'detached' });
  await page.getByLabel('Kind').selectOption('stuck');
  await item(page, 'Counted').waitFor();
});

test('what was given up is assigned anew, edited, and tried again', async (t) => {
  const task = await makeTask('Burn the bread', { max_retries: 0, assignee: 'claude' });
  const { run } = await call(server, 'POST', `/api/tasks/${task.id}/claim`, { worker: 'w' });
  await call(server, 'POST', `/api/runs/${run.id}/finish`, { outcome: 'failed', error: 'burnt' });
  const page = await openInbox(t);
  await item(page, task.title).getByRole('button', { name: 'Reassign…' }).click();
  await page.getByRole('dialog').getByRole('textbox').fill('baker');
  await page.getByRole('dialog').getByRole('button', { name: 'Reassign' }).click();
  await page.getByText(`${task.title}: has another assignee.`).waitFor();
  assert.equal((await call(server, 'GET', `/api/tasks/${task.id}`)).task.assignee, 'baker');
  await item(page, task.title).getByRole('button', { name: 'Retry' }).click();
  await item(page, task.title).waitFor({ state: 'detached' });
  assert.equal((await call(server, 'GET', `/api/tasks/${task.id}`)).task.status, 'ready');
});

for (const [name, options] of [
  ['in dark', { dark: true }],
  ['at 360 pixels', { small: true }],
]) {
  test(`the inbox is accessible ${name}`, async (t) => {
    await blocked(`Stuck ${name}`);
    const page = await openInbox(t, options);
    await item(page, `Stuck ${name}`).waitFor();
    await checkPage(page);
  });
}

test('an empty inbox says so', async (t) => {
  const slug = await makeProject(server, 'empty');
  const page = await openPage(t, browser, server, { path: `/inbox?project=${slug}` });
  await page.getByText('Nothing waits for you').waitFor();
  await checkPage(page);
});

// The last one: all that it makes is counted everywhere.
test('a kind is found though a hundred others stand before it', async (t) => {
  const slug = await makeProject(server, 'crowd');
  const make = tasksOf(server, slug);
  const block = async (n) => {
    const { id } = await make(`Stuck ${n}`);
    await call(server, 'POST', `/api/tasks/${id}/block`, { reason: 'no flour' });
  };
  for (let from = 0; from < 100; from += 20)
    await Promise.all(Array.from({ length: 20 }, (_, n) => block(from + n)));
  const { id } = await make('Choose a grain');
  await call(server, 'POST', `/api/tasks/${id}/questions`, { text: 'Rye or wheat?', options: [] });
  const page = await openPage(t, browser, server, {
    path: `/inbox?project=${slug}&kind=question`,
  });
  await item(page, 'Rye or wheat?').waitFor();
  await page.getByLabel('Kind').selectOption('failure');
  await page.getByText('Nothing of this kind waits for you').waitFor();
});
