import assert from 'node:assert/strict';
import { test } from 'node:test';
import { call, checkPage, live, makeProject, openPage, start } from './support.js';

const { browser, server } = await start();

test('a worker is shown as it comes, with what it does, and is drained', async (t) => {
  const page = await openPage(t, browser, server, { path: '/workers' });
  await live(page);
  const slug = await makeProject(server, 'workers');
  for (const what of ['Bake', 'Knead'])
    await call(server, 'POST', '/api/tasks', { project: slug, title: `${what} for ${slug}` });
  const { worker } = await call(server, 'POST', '/api/workers/claim', {
    worker: slug,
    host: 'the-mill',
    agents: ['claude'],
    projects: [slug],
    capacity: 3,
    count: 2,
  });
  const row = page.getByRole('listitem').filter({ hasText: `${slug} on the-mill` });
  await row.getByText('2 of 3 at work').waitFor();
  await row.getByRole('link', { name: 'Knead' }).waitFor();
  await checkPage(page);

  await row.getByRole('button', { name: 'Drain' }).click();
  await row.getByText('draining').waitFor();
  assert.equal((await call(server, 'GET', `/api/workers/${worker.id}`)).draining, true);
  await row.getByRole('button', { name: 'Resume' }).click();
  await row.getByText('active').waitFor();
});

for (const [name, options] of [
  ['in dark', { dark: true }],
  ['at 360 pixels', { small: true }],
]) {
  test(`the list of workers is accessible ${name}`, async (t) => {
    const page = await openPage(t, browser, server, { path: '/workers', ...options });
    await live(page);
    await page
      .getByText(/worker(s)?$|No worker is connected/)
      .first()
      .waitFor();
    await checkPage(page);
  });
}
