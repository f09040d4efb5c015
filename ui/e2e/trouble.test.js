import assert from 'node:assert/strict';
import { test } from 'node:test';
import { call, checkPage, live, makeProject, openPage, start, tasksOf } from './support.js';

const { browser, server } = await start();
const project = await makeProject(server, 'trouble', { name: 'The bakery' });
const makeTask = tasksOf(server, project);

/** Failed so often that it was given up. */
async function givenUp(title) {
  const task = await makeTask(title, { max_retries: 0 });
  const { run } = await call(server, 'POST', `/api/tasks/${task.id}/claim`, { worker: 'w' });
  await call(server, 'POST', `/api/runs/${run.id}/finish`, { outcome: 'failed', error: 'burnt' });
  return { task, run };
}

test('what is wrong stands on the card and in the drawer, with what may help', async (t) => {
  const { task } = await givenUp('Burn the bread');
  const path = `/projects/${project}/board`;
  const page = await openPage(t, browser, server, { path });
  await live(page);
  const card = page.getByRole('article', { name: task.title });
  await card.locator('[data-diagnostics="critical"]').waitFor();
  await card.getByRole('link', { name: task.title }).click();
  const wrong = page.getByRole('complementary').getByRole('list', { name: 'What is wrong' });
  await wrong.getByText(/given up after 1 failure/i).waitFor();
  await checkPage(page);
  await wrong.getByRole('button', { name: 'Retry' }).click();
  await wrong.waitFor({ state: 'detached' });
  await card.locator('[data-diagnostics]').waitFor({ state: 'detached' });
  assert.equal((await call(server, 'GET', `/api/tasks/${task.id}`)).task.status, 'ready');
});

test('the page of a task leads to the log of what went wrong', async (t) => {
  const { task, run } = await givenUp('Forget the salt');
  const page = await openPage(t, browser, server, { path: `/tasks/${task.id}` });
  const wrong = page.getByRole('list', { name: 'What is wrong' });
  await wrong.getByRole('button', { name: 'Reassign…' }).waitFor();
  await checkPage(page);
  await wrong.getByRole('link', { name: 'Open the log' }).click();
  await page.waitForURL(new RegExp(`/runs/${run.id}`));
});

test('a task says why it is not running, and keeps it current', async (t) => {
  const heat = await makeTask('Heat the oven');
  const bake = await makeTask('Bake the bread', { parents: [heat.id] });
  const page = await openPage(t, browser, server, { path: `/tasks/${bake.id}` });
  await live(page);
  await page.getByRole('button', { name: 'Why is this not running?' }).click();
  const why = page.locator('[data-why]');
  await why.getByText('parent open').waitFor();
  await why.getByRole('link', { name: 'Heat the oven' }).waitFor();
  await checkPage(page);
  await call(server, 'POST', `/api/tasks/${heat.id}/complete`, { summary: 'hot' });
  await why.getByText('parent open').waitFor({ state: 'detached' });
});

test('a question is answered where its task is shown', async (t) => {
  const task = await makeTask('Choose a grain');
  await call(server, 'POST', `/api/tasks/${task.id}/questions`, {
    text: 'Which **grain**?',
    options: ['Rye', 'Wheat'],
  });
  const page = await openPage(t, browser, server, { path: `/tasks/${task.id}` });
  await live(page);
  const asked = page.getByRole('region', { name: 'Question' });
  await asked.locator('strong', { hasText: 'grain' }).waitFor();
  await checkPage(page);
  await asked.getByRole('button', { name: 'Wheat' }).click();
  await asked.waitFor({ state: 'detached' });
  assert.equal((await call(server, 'GET', `/api/tasks/${task.id}`)).task.status, 'ready');
});

test('a task is deleted after asking, from its page and from its card', async (t) => {
  const one = await makeTask('Throw it away');
  const two = await makeTask('Throw that away too');
  const page = await openPage(t, browser, server, { path: `/tasks/${one.id}` });
  await live(page);
  await page.getByRole('button', { name: 'Delete…' }).click();
  await checkPage(page);
  await page.getByRole('button', { name: 'Delete it' }).click();
  await page.waitForURL(/\/board$/);
  const card = page.getByRole('article', { name: two.title });
  await card.getByRole('link', { name: two.title }).click();
  await page.getByRole('complementary').getByRole('button', { name: 'Delete…' }).click();
  await page.getByRole('button', { name: 'Delete it' }).click();
  await card.waitFor({ state: 'detached' });
  const left = await call(server, 'GET', `/api/tasks?project=${project}`);
  assert.deepEqual(
    left.filter(({ id }) => id === one.id || id === two.id),
    [],
  );
});

test('boards are shown as a person likes them, in every browser', async (t) => {
  await makeTask('For acme', { tenant: 'acme' });
  await makeTask('For nobody', { body: 'With **stars**' });
  const path = `/projects/${project}/board`;
  const page = await openPage(t, browser, server, { path });
  const card = (page, title) => page.getByRole('article', { name: title });
  await card(page, 'For nobody').waitFor();
  await page.getByRole('button', { name: 'How boards are shown to you' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Tenant').fill('acme');
  await dialog.getByLabel(/lanes/).uncheck();
  await dialog.getByLabel(/Markdown/).uncheck();
  await checkPage(page);
  await dialog.getByRole('button', { name: 'Save' }).click();
  await card(page, 'For nobody').waitFor({ state: 'detached' });
  await card(page, 'For acme').waitFor();

  const other = await openPage(t, browser, server, { path });
  await card(other, 'For acme').waitFor();
  assert.equal(await card(other, 'For nobody').count(), 0);
  assert.equal(await other.getByLabel('Lanes').isChecked(), false);
  const elsewhere = await makeProject(server, 'elsewhere');
  await tasksOf(server, elsewhere)('For anyone');
  const third = await openPage(t, browser, server, { path: `/projects/${elsewhere}/board` });
  await card(third, 'For anyone').waitFor();
  await other.getByLabel('Tenant').selectOption('');
  await card(other, 'For nobody').getByRole('link').first().click();
  await other.getByRole('complementary').getByText('With **stars**').waitFor();
  await call(server, 'PATCH', '/api/config', { default_tenant: '' });
});
