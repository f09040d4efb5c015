import assert from 'node:assert/strict';
import { test } from 'node:test';
import { call, checkPage, live, makeProject, openPage, seedRun, start } from './support.js';

const { browser, server } = await start();
const project = await makeProject(server, 'shop', { name: 'The shop' });

function makeTicket(title, over = {}) {
  return call(server, 'POST', '/api/tickets', { project, title, ...over });
}

test('an empty list names the command that fills it', async (t) => {
  const empty = await makeProject(server, 'empty');
  const page = await openPage(t, browser, server, { path: `/tickets?project=${empty}` });
  await page.getByText('No tickets yet').waitFor();
  assert.match(await page.locator('main code').innerText(), /^dashctl tickets create /);
  await checkPage(page);
});

test('a ticket is created, shown with its Markdown, edited and deleted', async (t) => {
  const page = await openPage(t, browser, server, { path: `/tickets?project=${project}` });
  await live(page);
  await page.keyboard.press('c');
  await page.getByLabel('Title').fill('Add a login page');
  await page.getByLabel('Description').fill('With **argon2id**.\n\n<img src=x onerror=alert(1)>');
  await page.getByLabel('Labels').fill('security, web');
  await page.getByRole('button', { name: 'Create' }).click();
  await page.getByRole('heading', { name: 'Add a login page' }).waitFor();
  await page.locator('strong', { hasText: 'argon2id' }).waitFor();
  await page.getByText('<img src=x onerror=alert(1)>').waitFor();
  assert.equal(await page.locator('main img').count(), 0);
  await checkPage(page);

  await page.getByRole('button', { name: 'Edit' }).click();
  await page.getByLabel('Title').fill('Add a sign-in page');
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByRole('heading', { name: 'Add a sign-in page' }).waitFor();

  await page.getByRole('button', { name: 'Delete…' }).click();
  const confirm = page.getByRole('button', { name: 'Delete for good' });
  assert.equal(await confirm.isDisabled(), true);
  await page.getByRole('dialog').getByRole('textbox').fill('Add a sign-in page');
  await page.keyboard.press('Enter');
  assert.equal(await page.getByRole('dialog').isVisible(), true, 'Enter does not confirm');
  await checkPage(page);
  await confirm.click();
  await page.getByText('The ticket was deleted.').waitFor();
  assert.equal(new URL(page.url()).pathname.endsWith('/tickets'), true);
});

test('the list follows what happens, without a reload', async (t) => {
  const page = await openPage(t, browser, server, { path: `/tickets?project=${project}` });
  await live(page);
  const ticket = await makeTicket('Cache the product images');
  const row = page.getByRole('row', { name: /Cache the product images/ });
  await row.getByText('queued').last().waitFor();
  await call(server, 'PATCH', `/api/tickets/${ticket.id}`, { status: 'implementing' });
  await row.getByText('implementing').last().waitFor();
});

test('status, text and sort stand in the address', async (t) => {
  await makeTicket('Rate limit the API', { status: 'blocked' });
  const page = await openPage(t, browser, server, { path: `/tickets?project=${project}` });
  await page.getByLabel('Status').selectOption('blocked');
  await page.getByLabel('Search tickets').fill('rate LIMIT');
  await page.waitForURL(/q=rate\+LIMIT/);
  await page.getByRole('row', { name: /Rate limit the API/ }).waitFor();
  await page.reload();
  assert.equal(await page.getByLabel('Status').inputValue(), 'blocked');
  await page.getByRole('row', { name: /Rate limit the API/ }).waitFor();
  await page.getByLabel('Search tickets').fill('nothing like that');
  await page.getByText('No ticket fits these filters').waitFor();
});

test('an unknown status in the address is explained, not ignored', async (t) => {
  const page = await openPage(t, browser, server, {
    path: '/tickets?status=nonsense',
    allow: /status of 400/,
  });
  assert.match(await page.getByRole('alert').innerText(), /nonsense/);
});

test('a long list comes in pages', async (t) => {
  const many = await makeProject(server, 'many');
  for (let n = 0; n < 130; n++) {
    await call(server, 'POST', '/api/tickets', { project: many, title: `Ticket number ${n}` });
  }
  const page = await openPage(t, browser, server, { path: `/tickets?project=${many}` });
  await page.getByText('100 tickets').waitFor();
  await page.getByRole('button', { name: 'Load more' }).click();
  await page.getByText('130 tickets').waitFor();
  assert.equal(await page.getByRole('row').count(), 131);
  await page.getByRole('link', { name: 'Ticket number 0', exact: true }).click();
  await page.getByRole('heading', { name: 'Ticket number 0' }).waitFor();
});

test('a ticket shows tasks, runs, calls and cost as they come, and is queued again', async (t) => {
  const ticket = await makeTicket('Migrate the invoices');
  const page = await openPage(t, browser, server, { path: `/tickets/${ticket.id}` });
  await live(page);
  await call(server, 'POST', '/api/tasks', { ticket_id: ticket.id, title: 'Write the migration' });
  await page.getByRole('row', { name: /Write the migration/ }).waitFor();
  await seedRun(server, { ticket_id: ticket.id });
  await page.getByRole('row', { name: /Add a login page/ }).waitFor();
  await page.getByRole('row', { name: /implementer 1 / }).waitFor();
  await page.getByRole('link', { name: /LLM calls/ }).click();
  await page.getByRole('row', { name: /claude-sonnet-4-5 implementer/ }).waitFor();
  await page.getByRole('link', { name: /Comments/ }).click();
  await page.getByLabel('New comment').fill('Looks *good*');
  await page.getByRole('button', { name: 'Comment' }).click();
  await page.locator('em', { hasText: 'good' }).waitFor();
  await checkPage(page);

  await call(server, 'PATCH', `/api/tickets/${ticket.id}`, {
    status: 'failed',
    error_message: 'no disk',
  });
  await page.getByText('no disk').waitFor();
  await page.getByRole('button', { name: 'Retry' }).click();
  await page.getByText('The ticket is queued again.').waitFor();
});

test('an edit of what somebody else has changed meanwhile is not lost and not hidden', async (t) => {
  const ticket = await makeTicket('Two people');
  const page = await openPage(t, browser, server, {
    path: `/tickets/${ticket.id}`,
    allow: /status of 409/,
  });
  await page.getByRole('button', { name: 'Edit' }).click();
  await page.getByLabel('Title').fill('Mine');
  await call(server, 'PATCH', `/api/tickets/${ticket.id}`, { title: 'Theirs' });
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByRole('dialog').getByRole('alert').waitFor();
  assert.equal(await page.getByLabel('Title').inputValue(), 'Mine');
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByRole('heading', { name: 'Mine' }).waitFor();
});

test('a ticket that does not exist says so', async (t) => {
  const page = await openPage(t, browser, server, {
    path: '/tickets/01900000-0000-7000-8000-000000000000',
    allow: /status of 404/,
  });
  await page.getByRole('heading', { name: 'No such ticket' }).waitFor();
  await checkPage(page);
});
