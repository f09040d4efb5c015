import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { after, before, test } from 'node:test';
import {
  checkPage,
  call,
  live,
  makeProject,
  openPage,
  ownServer,
  start,
  tasksOf,
} from './support.js';

// The receiver is on this machine, which a server does not reach unless it is told so.
const { browser, server } = await start({ flags: ['--allow-private-addresses'] });
const skip = !ownServer && 'the server must be allowed to reach this machine';

/** A program that takes webhooks, and answers as it is told. */
const receiver = { taken: [] };
const answer = (status, words) => Object.assign(receiver, { status, words });
answer(200, 'thanks');
before(async () => {
  receiver.http = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    receiver.taken.push({ headers: request.headers, body });
    response.writeHead(receiver.status).end(receiver.words);
  });
  receiver.http.listen(0, '127.0.0.1');
  await once(receiver.http, 'listening');
  receiver.url = `http://127.0.0.1:${receiver.http.address().port}/hooks/opensesame`;
});
after(() => receiver.http?.close());

function isSigned({ headers, body }, secret) {
  const key = Buffer.from(secret.slice('whsec_'.length), 'base64');
  const signed = `${headers['webhook-id']}.${headers['webhook-timestamp']}.${body}`;
  const signature = createHmac('sha256', key).update(signed).digest('base64');
  return headers['webhook-signature'] === `v1,${signature}`;
}

function makeChannel(name, over = {}) {
  const secret = `whsec_${Buffer.alloc(32, name).toString('base64')}`;
  const target = { platform: 'webhook', url: receiver.url, secret };
  return call(server, 'POST', '/api/channels', { name, target, ...over });
}

const row = (page, name) => page.getByRole('main').getByRole('listitem', { name, exact: true });

test('a channel is made, tried, edited without its secrets, and deleted', { skip }, async (t) => {
  const page = await openPage(t, browser, server, { path: '/settings' });
  await page.waitForURL(/settings\/channels$/);
  await live(page);
  await page.getByText('Nothing is told anywhere yet').waitFor();
  await checkPage(page);

  await page.getByRole('button', { name: 'New channel' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Platform').selectOption('Webhook');
  await dialog.getByLabel('Name').fill('ours');
  await dialog.getByLabel('Address of the webhook').fill(receiver.url);
  await dialog.getByRole('button', { name: 'Make one' }).click();
  const secret = await dialog.getByLabel('Signing secret').inputValue();
  await dialog.getByLabel('Home of Webhook').check();
  await checkPage(page);
  await dialog.getByRole('button', { name: 'Create' }).click();
  await row(page, 'ours').getByText('home', { exact: true }).waitFor();
  await row(page, 'ours').getByText('Nothing was sent yet').waitFor();

  await page.getByRole('button', { name: 'Test ours' }).click();
  await row(page, 'ours').getByText('taken', { exact: true }).waitFor();
  await row(page, 'ours').getByText('thanks').waitFor();
  assert.equal(isSigned(receiver.taken.at(-1), secret), true);
  await checkPage(page);
  answer(404, 'no such hook');
  await page.getByRole('button', { name: 'Test ours' }).click();
  await row(page, 'ours').getByText('not taken').waitFor();
  await row(page, 'ours').getByText(/404/).waitFor();
  answer(200, 'thanks');

  await page.getByRole('button', { name: 'Edit ours' }).click();
  assert.equal(await dialog.getByLabel('Address of the webhook').inputValue(), '');
  assert.equal(await dialog.getByLabel('Signing secret').inputValue(), '');
  await dialog.getByLabel('Name').fill('our program');
  await dialog.getByLabel('Send nothing there').check();
  await checkPage(page);
  await dialog.getByRole('button', { name: 'Save' }).click();
  await row(page, 'our program').getByText('off', { exact: true }).waitFor();
  assert.equal((await page.content()).includes('opensesame'), false);
  await page.getByRole('button', { name: 'Test our program' }).click();
  await row(page, 'our program').getByText('taken', { exact: true }).waitFor();
  assert.equal(isSigned(receiver.taken.at(-1), secret), true, 'the secret is what it was');

  await page.getByRole('button', { name: 'Delete our program…' }).click();
  const confirm = dialog.getByRole('button', { name: 'Delete for good' });
  assert.equal(await confirm.isDisabled(), true);
  await dialog.getByRole('textbox').fill('our program');
  await confirm.click();
  await page.getByText('Nothing is told anywhere yet').waitFor();
});

test('what is wrong with a channel stands beside its field', { skip }, async (t) => {
  const page = await openPage(t, browser, server, {
    path: '/settings/channels',
    allow: /status of 422/,
  });
  await page.getByRole('button', { name: 'New channel' }).click();
  const dialog = page.getByRole('dialog');
  for (const platform of ['Telegram', 'Discord', 'E-mail', 'Webhook', 'Slack']) {
    await dialog.getByLabel('Platform').selectOption(platform);
    await checkPage(page);
  }
  await dialog.getByLabel('Name').fill('wrong');
  await dialog.getByLabel('Address of the webhook').fill('mailto:ada@example.org');
  await dialog.getByRole('button', { name: 'Create' }).click();
  await dialog.getByText('must be an address of HTTP').first().waitFor();
  const field = dialog.getByLabel('Address of the webhook');
  assert.equal(await field.getAttribute('aria-invalid'), 'true');
  assert.equal(await field.inputValue(), 'mailto:ada@example.org');
});

test('an edit of what somebody else has changed meanwhile is not hidden', { skip }, async (t) => {
  const channel = await makeChannel('two people');
  const page = await openPage(t, browser, server, {
    path: '/settings/channels',
    allow: /status of 409/,
  });
  await page.getByRole('button', { name: 'Edit two people' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Name').fill('mine');
  await call(server, 'PATCH', `/api/channels/${channel.id}`, { name: 'theirs' });
  await dialog.getByRole('button', { name: 'Save' }).click();
  await dialog.getByRole('alert').waitFor();
  await dialog.getByRole('button', { name: 'Save' }).click();
  await row(page, 'mine').waitFor();
});

test('rules are chosen, and what they tell of is shown as it goes', { skip }, async (t) => {
  const project = await makeProject(server, 'rules');
  const channel = await makeChannel('everybody');
  const page = await openPage(t, browser, server, { path: `/settings/rules?project=${project}` });
  await live(page);
  const rule = page.getByRole('group', { name: /everybody/ });
  await rule.getByLabel('Done').check();
  await rule.getByLabel('Blocked').check();
  await rule.getByLabel('Budget').check();
  await rule.getByLabel('Budget').uncheck();
  await checkPage(page);
  await page.waitForFunction(async (path) => {
    const [rule] = await (await fetch(path)).json();
    return rule?.occasions.toSorted().join() === 'blocked,done';
  }, `/api/projects/${project}/notifications`);
  await page.reload();
  await rule.waitFor();
  const chosen = rule.locator('input:checked');
  assert.equal(await chosen.count(), 2);

  receiver.taken = [];
  const task = await tasksOf(server, project)('Bake');
  await call(server, 'PATCH', `/api/tasks/${task.id}`, { status: 'done', summary: 'warm' });
  await page.goto(`${server.url}/settings/deliveries?channel=${channel.id}`);
  await page.getByText('thanks').waitFor();
  await checkPage(page);
  assert.equal(JSON.parse(receiver.taken[0].body).data.occasion, 'done');

  answer(410, 'moved away');
  const other = await tasksOf(server, project)('Sell');
  await call(server, 'POST', `/api/tasks/${other.id}/block`, { reason: 'no bread' });
  const failed = page.getByRole('main').getByRole('listitem').filter({ hasText: 'moved away' });
  await failed.waitFor();
  await page.goto(`${server.url}/settings/channels`);
  await row(page, 'everybody').getByText('moved away').click();
  await page.waitForURL(/state=failed/);
  answer(200, 'back again');
  await failed.getByRole('button', { name: 'Send again' }).click();
  await page.getByLabel('State').selectOption('sent');
  await page.getByText('back again').waitFor();
});

test(
  'a task is told to home channels by one click, on its page and on its card',
  { skip },
  async (t) => {
    const project = await makeProject(server, 'pills');
    const task = await tasksOf(server, project)('Bake');
    const page = await openPage(t, browser, server, { path: `/tasks/${task.id}` });
    await live(page);
    await page.getByText('Nobody has tried yet').waitFor();
    assert.equal(await page.getByText('Notify').count(), 0, 'nothing to choose without a home');
    const channel = await makeChannel('home sweet home', { home: true });
    const pill = page.getByRole('button', { name: 'Webhook: home sweet home' });
    await pill.click();
    await page.locator('[aria-pressed=true]').waitFor();
    await checkPage(page);
    const subscribed = () => call(server, 'GET', `/api/subscriptions?task=${task.id}`);
    assert.deepEqual(
      (await subscribed()).map(({ channel_id }) => channel_id),
      [channel.id],
    );

    await page.goto(`${server.url}/projects/${project}/board?task=${task.id}`);
    await page.locator('aside [aria-pressed=true]').click();
    await page.locator('aside [aria-pressed=false]').waitFor();
    assert.deepEqual(await subscribed(), []);
    await checkPage(page);
  },
);

for (const look of [{ dark: true }, { small: true }]) {
  const name = Object.keys(look)[0];
  test(`the pages keep the rules of accessibility, ${name}`, { skip }, async (t) => {
    await makeChannel(`a channel with a long name for a narrow window, ${name}`);
    const page = await openPage(t, browser, server, { path: '/settings/channels', ...look });
    await row(page, /long name/)
      .first()
      .waitFor();
    await checkPage(page);
    for (const path of ['Rules', 'Deliveries']) {
      await page.getByRole('link', { name: path, exact: true }).click();
      await page.getByRole('heading', { name: path }).waitFor();
      await page.getByRole('main').getByRole('listitem').first().waitFor();
      await checkPage(page);
    }
  });
}
