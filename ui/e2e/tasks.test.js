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
const project = await makeProject(server, 'bakery', { name: 'The bakery' });
const makeTask = tasksOf(server, project);

test('a task shows its attempts with their steps as they come, newest first', async (t) => {
  const task = await makeTask('Knead the dough', { body: 'With **rye**.' });
  const page = await openPage(t, browser, server, { path: `/tasks/${task.id}` });
  await live(page);
  await page.locator('strong', { hasText: 'rye' }).waitFor();
  await page.getByText('Nobody has tried yet').waitFor();
  await checkPage(page);

  const first = await seedRun(server, { task_id: task.id, title: 'a first try' });
  await page.getByRole('button', { name: /Attempt 1: a first try/ }).waitFor();
  await page.getByRole('button', { name: /Bash cargo test/ }).waitFor();
  await call(server, 'POST', `/api/runs/${first.run.id}/finish`, {
    outcome: 'failed',
    error: 'the oven was cold',
  });
  await page.getByText('the oven was cold').waitFor();
  await checkPage(page);

  await page.getByRole('button', { name: /Bash cargo test/ }).click();
  await page.getByRole('button', { name: 'Show its log lines' }).click();
  await page.waitForURL(/\/runs\/.*step=/);
});

test('a task is edited, and an edit of what has changed meanwhile is not hidden', async (t) => {
  const task = await makeTask('Buy flour');
  const page = await openPage(t, browser, server, {
    path: `/tasks/${task.id}`,
    allow: /status of 409/,
  });
  await page.getByRole('button', { name: 'Edit' }).click();
  await page.getByLabel('Title').fill('Buy rye flour');
  await page.getByLabel('Assignee').fill('claude');
  await page.getByLabel('Skills').fill('shopping, carrying');
  await checkPage(page);
  await call(server, 'PATCH', `/api/tasks/${task.id}`, { priority: 7 });
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByRole('dialog').getByRole('alert').waitFor();
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByRole('heading', { name: 'Buy rye flour' }).waitFor();
  await page.getByText('shopping, carrying').waitFor();
});

test('tasks are made to wait for each other, and a circle is refused with its reason', async (t) => {
  const bake = await makeTask('Bake the bread');
  const heat = await makeTask('Heat the oven');
  const page = await openPage(t, browser, server, {
    path: `/tasks/${bake.id}`,
    allow: /status of 409|status of 422/,
  });
  await live(page);
  await page.getByRole('combobox', { name: 'Let it wait for…' }).fill('heat the');
  await page.getByRole('option', { name: /Heat the oven/ }).waitFor();
  await checkPage(page);
  await page.keyboard.press('Enter');
  await page.getByRole('link', { name: 'Heat the oven' }).waitFor();
  await page.getByRole('combobox', { name: 'Let another wait for it…' }).fill('heat the');
  await page.getByRole('option', { name: /Heat the oven/ }).click();
  await page.getByRole('alert').waitFor();
  await page.getByRole('button', { name: 'Take away the link to Heat the oven' }).click();
  await page.getByRole('link', { name: 'Heat the oven' }).waitFor({ state: 'detached' });
  assert.deepEqual((await call(server, 'GET', `/api/tasks/${heat.id}/links`)).children, []);
});

test('comments on a task come as they are said', async (t) => {
  const task = await makeTask('Taste it');
  const page = await openPage(t, browser, server, { path: `/tasks/${task.id}` });
  await live(page);
  await page.getByLabel('New comment').fill('Too *salty*');
  await page.getByRole('button', { name: 'Comment' }).click();
  await page.locator('em', { hasText: 'salty' }).waitFor();
  await call(server, 'POST', `/api/tasks/${task.id}/comments`, { body: 'Said elsewhere' });
  await page.getByText('Said elsewhere').waitFor();
  await page.getByRole('link', { name: 'Events' }).click();
  await page.getByRole('region', { name: 'Events' }).waitFor();
  await checkPage(page);
});

test('files are given to a task, saved and taken away', async (t) => {
  const task = await makeTask('Write it down');
  const page = await openPage(t, browser, server, { path: `/tasks/${task.id}?tab=files` });
  await page.getByText('No files yet').waitFor();
  const file = { name: 'recipe ü.html', mimeType: 'text/html', buffer: Buffer.from('<b>Salt</b>') };
  await page.getByLabel('Add files').setInputFiles(file);
  const link = page.getByRole('link', { name: 'recipe ü.html' });
  await link.waitFor();
  await checkPage(page);
  const [saved] = await Promise.all([page.waitForEvent('download'), link.click()]);
  assert.equal(saved.suggestedFilename(), 'recipe ü.html');
  const chunks = [];
  for await (const chunk of await saved.createReadStream()) chunks.push(chunk);
  assert.equal(Buffer.concat(chunks).toString(), '<b>Salt</b>');
  await page.getByRole('button', { name: 'Remove recipe ü.html' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Remove' }).click();
  await page.getByText('No files yet').waitFor();
});

test('a task that does not exist says so', async (t) => {
  const page = await openPage(t, browser, server, {
    path: '/tasks/01900000-0000-7000-8000-000000000000',
    allow: /status of 404/,
  });
  await page.getByRole('heading', { name: 'No such task' }).waitFor();
  await checkPage(page);
});

test('a project is made and chosen, and is the current one in every browser', async (t) => {
  const page = await openPage(t, browser, server, { path: '/tickets' });
  await page.getByLabel('Project', { exact: true }).selectOption('New project…');
  await page.getByRole('dialog').getByLabel('Name', { exact: true }).fill(`Käse & Brot ${project}`);
  const slug = `kase-brot-${project}`;
  assert.equal(await page.getByLabel('Short name').inputValue(), slug);
  await checkPage(page);
  await page.getByRole('button', { name: 'Create' }).click();
  await page.waitForURL((url) => url.pathname.endsWith(`/projects/${slug}/board`));
  assert.equal(await page.getByLabel('Project', { exact: true }).inputValue(), slug);

  const other = await openPage(t, browser, server, { path: '/' });
  await other.waitForURL((url) => url.searchParams.get('project') === slug);
  await other.getByLabel('Project', { exact: true }).selectOption('');
  await other.waitForURL((url) => !url.searchParams.has('project'));
  await page.goto(server.url);
  await live(page);
  assert.equal(await page.getByLabel('Project', { exact: true }).inputValue(), '');
});

test('a short name that is taken is refused beside its field', async (t) => {
  const page = await openPage(t, browser, server, { path: '/tickets?new=project' });
  await live(page);
  await page.getByRole('dialog').getByLabel('Name', { exact: true }).fill('Another bakery');
  await page.getByLabel('Short name').fill(project);
  await page.getByRole('button', { name: 'Create' }).click();
  await page.getByText('Another project has this short name.').waitFor();
});
