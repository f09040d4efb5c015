import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { call, checkPage, live, makeProject, openPage, start, tasksOf } from './support.js';

const { browser, server } = await start();
const row = (page, slug) => page.getByRole('main').getByRole('listitem').filter({ hasText: slug });
const cardOf = (slug) => call(server, 'GET', `/api/projects/${slug}`);

test('a project is edited, also over what somebody else did meanwhile', async (t) => {
  const slug = await makeProject(server, 'edit', { name: 'The mill' });
  const page = await openPage(t, browser, server, { path: '/projects', allow: /status of 409/ });
  await live(page);
  await row(page, slug).getByRole('button', { name: /^Edit/ }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Name', { exact: true }).fill('The old mill');
  await dialog.getByLabel('Colour', { exact: true }).fill('#3350c4');
  await dialog.getByLabel('At once').fill('2');
  await checkPage(page);
  await call(server, 'PATCH', `/api/projects/${slug}`, { description: 'Theirs' });
  await dialog.getByRole('button', { name: 'Save' }).click();
  await dialog.getByRole('alert').waitFor();
  assert.equal(await dialog.getByLabel('Name', { exact: true }).inputValue(), 'The old mill');
  await dialog.getByRole('button', { name: 'Save' }).click();
  await row(page, slug).getByText('The old mill').waitFor();
  const { name, color, max_running } = await cardOf(slug);
  assert.deepEqual([name, color, max_running], ['The old mill', '#3350c4', 2]);
});

test('a project is put away, brought back, put away and deleted', async (t) => {
  const slug = await makeProject(server, 'away');
  const page = await openPage(t, browser, server, { path: '/projects' });
  await live(page);
  await row(page, slug)
    .getByRole('button', { name: /^Archive/ })
    .click();
  await row(page, slug).waitFor({ state: 'detached' });
  await page.getByLabel('Archived').check();
  await row(page, slug).getByText('put away').waitFor();
  await checkPage(page);

  await page.goto(`${server.url}/projects/${slug}/board`);
  await page.getByText('This project is archived.').waitFor();
  await checkPage(page);
  await page.getByRole('button', { name: 'Restore' }).click();
  await page.getByText('This project is archived.').waitFor({ state: 'detached' });
  assert.equal((await cardOf(slug)).archived_at ?? null, null);

  await call(server, 'PATCH', `/api/projects/${slug}`, { archived: true });
  await page.goto(`${server.url}/projects?archived=1`);
  await row(page, slug)
    .getByRole('button', { name: /^Delete/ })
    .click();
  const dialog = page.getByRole('dialog');
  assert.equal(await dialog.getByRole('button', { name: 'Delete for good' }).isEnabled(), false);
  await dialog.getByRole('textbox').fill(slug);
  await dialog.getByRole('button', { name: 'Delete for good' }).click();
  await row(page, slug).waitFor({ state: 'detached' });
});

test('a project is saved as a file and made again of it, under another name', async (t) => {
  const slug = await makeProject(server, 'export', { name: 'The barn' });
  await tasksOf(server, slug)('Mend the roof');
  const page = await openPage(t, browser, server, { path: '/projects', allow: /status of 4/ });
  await live(page);
  const saving = page.waitForEvent('download');
  await row(page, slug)
    .getByRole('button', { name: /^Export/ })
    .click();
  const saved = await saving;
  assert.equal(saved.suggestedFilename(), `${slug}.ndjson`);
  const file = await saved.path();
  const lines = (await readFile(file, 'utf8')).trim().split('\n');
  assert.equal(JSON.parse(lines.at(-1)).kind, 'end');

  await page.getByRole('button', { name: 'Import…' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('File').setInputFiles(file);
  await checkPage(page);
  await dialog.getByRole('button', { name: 'Import' }).click();
  await dialog.getByRole('alert').waitFor();
  await dialog.getByLabel('Short name').fill(`${slug}-again`);
  await dialog.getByRole('button', { name: 'Import' }).click();
  await page.waitForURL((url) => url.pathname === `/projects/${slug}-again/board`);
  await page.getByRole('article', { name: 'Mend the roof' }).waitFor();

  await page.getByText('This project is paused.').waitFor();
  await checkPage(page);
  await page.getByRole('main').getByRole('button', { name: 'Start' }).click();
  await page.getByText('This project is paused.').waitFor({ state: 'detached' });
  assert.equal((await cardOf(`${slug}-again`)).loop_state, 'running');
});

test('what is no export is refused with words', async (t) => {
  const page = await openPage(t, browser, server, { path: '/projects', allow: /status of 4/ });
  await page.getByRole('button', { name: 'Import…' }).click();
  const dialog = page.getByRole('dialog');
  const buffer = Buffer.from('no lines of JSON');
  await dialog
    .getByLabel('File')
    .setInputFiles({ name: 'x.ndjson', mimeType: 'application/x-ndjson', buffer });
  await dialog.getByRole('button', { name: 'Import' }).click();
  assert.ok((await dialog.getByRole('alert').innerText()).length > 10);
});

test('counts are current, and who may only read changes nothing', async (t) => {
  const slug = await makeProject(server, 'reader');
  const { secret } = await call(server, 'POST', '/api/tokens', {
    name: `reader-${Date.now()}`,
    scopes: ['read'],
  });
  const reader = { ...server, token: secret };
  const page = await openPage(t, browser, reader, { path: '/inbox' });
  await live(page);
  await page.getByLabel('Project', { exact: true }).selectOption('Manage projects…');
  await row(page, slug).getByText('no tasks').waitFor();
  await tasksOf(server, slug)('Knead the dough');
  await row(page, slug).getByText('1 ready').waitFor();
  assert.deepEqual(await row(page, slug).getByRole('button').allInnerTexts(), ['Export']);
  const buttons = page.getByRole('main').getByRole('button', { name: /New project|Import/ });
  assert.equal(await buttons.count(), 0);
  await page.goto(`${server.url}/settings/about`);
  await page.getByText('Life of the database').waitFor();
  assert.equal(await page.getByRole('button', { name: /Save|Pause/ }).count(), 0);
  await checkPage(page);
});

test('a trigger says truthfully what came of it', async (t) => {
  const slug = await makeProject(server, 'trigger');
  const page = await openPage(t, browser, server, { path: '/projects' });
  await live(page);
  const trigger = row(page, slug).getByRole('button', { name: /^Trigger/ });
  await trigger.click();
  await page.getByText(`${slug}: No tasks ready.`).waitFor();
  await tasksOf(server, slug)('Knead the dough');
  await trigger.click();
  await page.getByText(`${slug}: No tasks ready: `).waitFor();
});

test('that the server is paused is seen on every page, and ended there', async (t) => {
  const page = await openPage(t, browser, server, { path: '/settings/about' });
  await live(page);
  await page.getByRole('button', { name: 'Pause handing out' }).click();
  await page.getByText('The server is paused.').waitFor();
  await checkPage(page);
  const other = await openPage(t, browser, server, { path: '/inbox', small: true });
  await other.getByText('The server is paused.').waitFor();
  await checkPage(other);
  await other.getByRole('button', { name: 'Resume' }).click();
  await page.getByText('The server is paused.').waitFor({ state: 'detached' });
  await other.getByText('The server is paused.').waitFor({ state: 'detached' });
});

test('about tells of the server, and limits are set there', async (t) => {
  const { version } = await call(server, 'GET', '/api/status');
  const page = await openPage(t, browser, server, { path: '/settings/about' });
  await live(page);
  await page.getByText(version, { exact: true }).waitFor();
  await page.getByLabel('Tasks at once').fill('7');
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByText('The limits are set.').waitFor();
  assert.equal((await call(server, 'GET', '/api/limits')).max_running, 7);
  await page.getByLabel('Tasks at once').fill('');
  await page.getByRole('button', { name: 'Save' }).click();
  await page.waitForFunction(
    async () => (await (await fetch('api/limits')).json()).max_running == null,
  );
});

for (const look of [{ dark: true }, { small: true }]) {
  test(`projects and about are accessible, ${Object.keys(look)[0]}`, async (t) => {
    const slug = await makeProject(server, 'look', {
      name: 'A project whose name goes on for much longer than anybody would like to read',
      color: '#aa3377',
    });
    await call(server, 'PUT', `/api/projects/${slug}/loop`, { state: 'paused', reason: 'Holiday' });
    const page = await openPage(t, browser, server, { path: '/projects?archived=1', ...look });
    await row(page, slug).getByText('Holiday').waitFor();
    await checkPage(page);
    await page.goto(`${server.url}/settings/about`);
    await page.getByText('Life of the database').waitFor();
    await checkPage(page);
  });
}
