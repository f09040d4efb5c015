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

async function openCard(t, over = {}, options = {}) {
  const slug = await makeProject(server, 'drawer');
  const task = await tasksOf(server, slug)('Fix the roof', over);
  await options.before?.(task);
  const path = `/projects/${slug}/board?task=${task.id}`;
  const page = await openPage(t, browser, server, { path, ...options });
  await live(page);
  const drawer = page.getByRole('complementary', { name: 'Card: Fix the roof' });
  await drawer.getByRole('group', { name: 'Moves' }).waitFor();
  return { page, drawer, task };
}

test('Escape closes what lies on top, one after the other', async (t) => {
  const { page, drawer } = await openCard(t, { body: 'Before winter.' });
  const dialog = page.getByRole('dialog');
  await drawer.getByRole('button', { name: 'Block…' }).click();
  await page.keyboard.press('Escape');
  await dialog.waitFor({ state: 'detached' });
  await drawer.getByText('Before winter.').click();
  await page.keyboard.press('Escape');
  await drawer.waitFor({ state: 'detached' });
});

test('Escape leaves the chosen cards to themselves while something lies above them', async (t) => {
  const { page, drawer } = await openCard(t);
  await page.getByRole('checkbox', { name: 'Choose Fix the roof' }).check();
  await page.getByText('1 card chosen').waitFor();
  await drawer.getByRole('button', { name: 'Edit' }).click();
  await page.getByRole('dialog').waitFor();
  await page.keyboard.press('Escape');
  await page.keyboard.press('Escape');
  await drawer.waitFor({ state: 'detached' });
  await page.getByText('1 card chosen').waitFor();
  await page.keyboard.press('Escape');
  await page.getByText('1 card chosen').waitFor({ state: 'detached' });
});

test('what is typed is not thrown away by one key', async (t) => {
  const { page, drawer } = await openCard(t);
  const dialog = page.getByRole('dialog');
  await drawer.getByRole('button', { name: 'Edit' }).click();
  await dialog.getByLabel('What is to be done').fill('All that I know of it');
  await page.keyboard.press('Escape');
  await dialog.getByText('Escape once more').waitFor();
  await checkPage(page);
  await page.keyboard.press('Escape');
  await dialog.waitFor({ state: 'detached' });

  await drawer.getByRole('link', { name: /^Comments/ }).click();
  const comment = drawer.getByLabel('New comment');
  await comment.fill('Half a thought');
  await comment.press('Escape');
  await drawer.getByRole('link', { name: 'Card', exact: true }).click();
  await drawer.getByRole('link', { name: /^Comments/ }).click();
  assert.equal(await comment.inputValue(), 'Half a thought');
  await comment.press('Control+Enter');
  await drawer.getByRole('listitem').getByText('Half a thought').waitFor();
  await page.waitForFunction(() => document.activeElement?.ariaLabel === 'New comment');
  assert.equal(await comment.inputValue(), '');
});

test('half an answer outlives a look at another tab', async (t) => {
  const { drawer } = await openCard(
    t,
    {},
    {
      before: (task) =>
        call(server, 'POST', `/api/tasks/${task.id}/questions`, { text: 'Which tiles?' }),
    },
  );
  const answer = drawer.getByLabel('Answer to: Which tiles?');
  await answer.fill('Red');
  await drawer.getByRole('link', { name: /^Runs/ }).click();
  await answer.waitFor({ state: 'detached' });
  await drawer.getByRole('link', { name: 'Card', exact: true }).click();
  assert.equal(await answer.inputValue(), 'Red');
  await drawer.getByRole('button', { name: 'Answer' }).click();
  await answer.waitFor({ state: 'detached' });
});

test('the focus stays in the card when a move takes its button away', async (t) => {
  const { page, drawer } = await openCard(t);
  await drawer.getByRole('button', { name: 'To triage' }).click();
  await drawer.getByRole('button', { name: 'To triage' }).waitFor({ state: 'detached' });
  await page.waitForFunction(() => document.activeElement?.closest('aside'));
});

test('a card names the ticket that it is a part of', async (t) => {
  const ticket = await call(server, 'POST', '/api/tickets', {
    project: await makeProject(server, 'whole'),
    title: 'A dry house',
  });
  const task = await call(server, 'POST', '/api/tasks', { ticket_id: ticket.id, title: 'Tiles' });
  const page = await openPage(t, browser, server, { path: `/tasks/${task.task.id}` });
  await page.getByRole('link', { name: 'A dry house' }).click();
  await page.getByRole('heading', { name: 'A dry house' }).waitFor();
});

test('a failed task says why, and what a run has said is shown as it was meant', async (t) => {
  const { drawer } = await openCard(
    t,
    { max_retries: 0 },
    {
      before: async (task) => {
        const { run } = await seedRun(server, { task_id: task.id });
        const end = { outcome: 'failed', error: 'the ladder broke', summary: 'Half is **done**.' };
        await call(server, 'POST', `/api/runs/${run.id}/finish`, end);
      },
    },
  );
  await drawer.getByText('the ladder broke').waitFor();
  await drawer.getByRole('link', { name: /^Runs/ }).click();
  await drawer.locator('strong', { hasText: 'done' }).waitFor();
});
