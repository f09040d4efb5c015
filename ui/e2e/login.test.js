import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  call,
  checkPage,
  live,
  makeProject,
  openPage,
  ownServer,
  start,
  tasksOf,
} from './support.js';

// A browser tells its console about every answer that is not 2xx; here they are wanted.
const refusals = /Failed to load resource: the server responded with a status of (401|403|422)/;

const { browser, server } = await start();

test('a wrong token is refused with words, and what was typed stays', async (t) => {
  const page = await openPage(t, browser, server, { login: false, allow: refusals });
  await page.getByLabel('Token', { exact: true }).last().fill('wrong-token-wrong-token');
  await page.getByRole('button', { name: 'Log in' }).click();
  assert.ok((await page.getByRole('alert').innerText()).length > 10);
  assert.equal(await page.locator('input[type=password]').inputValue(), 'wrong-token-wrong-token');
  await checkPage(page);
});

test('a token logs in and leads to the address that was asked for', async (t) => {
  const page = await openPage(t, browser, server, {
    path: '/runs?state=failed',
    login: false,
    allow: refusals,
  });
  await page.locator('input[type=password]').fill(server.token);
  await page.getByRole('button', { name: 'Log in' }).click();
  await page.getByRole('heading', { name: 'Runs' }).waitFor();
  assert.equal(await page.getByLabel('State').inputValue(), 'failed');
  await live(page);
});

test('a user logs in with a password, and out again', async (t) => {
  await call(server, 'POST', '/api/users', {
    name: `ada-${Date.now()}`,
    password: 'correct horse',
  });
  const [user] = (await call(server, 'GET', '/api/users')).filter((user) =>
    user.name.startsWith('ada-'),
  );
  const page = await openPage(t, browser, server, { login: false, allow: refusals });
  await page.getByLabel('User and password').check();
  await page.getByLabel('User', { exact: true }).fill(user.name);
  await page.getByLabel('Password', { exact: true }).fill('correct horse');
  await page.getByRole('button', { name: 'Log in' }).click();
  await live(page);
  await page.getByRole('button', { name: `Log out ${user.name}` }).click();
  await page.getByRole('button', { name: 'Log in' }).waitFor();
  await page.reload();
  await page.getByRole('button', { name: 'Log in' }).waitFor();
});

test('the link of the first start logs in once', { skip: !ownServer }, async (t) => {
  const page = await openPage(t, browser, server, { login: false, allow: refusals });
  const link = server.link();
  assert.ok(link, 'the server printed a login link');
  await page.goto(link);
  await live(page);
  assert.equal(new URL(page.url()).hash, '', 'the code does not stay in the address');
  const second = await openPage(t, browser, server, { login: false, allow: refusals });
  await second.goto('about:blank');
  await second.goto(link);
  await second.getByRole('alert').waitFor();
});

test('a login that ends elsewhere leads back to the login', async (t) => {
  const page = await openPage(t, browser, server, { path: '/live', allow: refusals });
  await live(page);
  await page.evaluate(async () => {
    const me = await (await fetch('api/me')).json();
    await fetch('api/logout', { method: 'POST', headers: { 'X-CSRF-Token': me.csrf_token } });
  });
  await page.getByRole('button', { name: 'Log in' }).waitFor();
});

test('a login that only the browser has lost is asked for at the next request', async (t) => {
  const task = await tasksOf(server, await makeProject(server, 'lost'))('Write it down');
  const path = `/tasks/${task.id}`;
  const page = await openPage(t, browser, server, { path, allow: refusals });
  await live(page);
  await page.getByLabel('New comment').fill('A long story');
  await page.context().clearCookies();
  // Another request of the page may have been the next, and the login lies over the button.
  await page.getByRole('button', { name: 'Comment', exact: true }).dispatchEvent('click');
  await page.getByRole('heading', { name: 'Your login has ended' }).waitFor();
  await page.getByLabel('Token', { exact: true }).last().fill(server.token);
  await page.getByRole('button', { name: 'Log in' }).click();
  await page.getByRole('heading', { name: 'Your login has ended' }).waitFor({ state: 'detached' });
  await page.getByRole('button', { name: 'Comment', exact: true }).click();
  await page.getByRole('listitem').getByText('A long story').waitFor();
});

test('what was typed is still there when a login ends and begins again', async (t) => {
  const name = `eve-${Date.now()}`;
  const user = await call(server, 'POST', '/api/users', { name, password: 'correct horse' });
  const task = await tasksOf(server, await makeProject(server, 'login'))('Write it down');
  const page = await openPage(t, browser, server, { login: false, allow: refusals });
  const logIn = async (password) => {
    await page.getByLabel('User and password').check();
    await page.getByLabel('User', { exact: true }).fill(name);
    await page.getByLabel('Password', { exact: true }).fill(password);
    await page.getByRole('button', { name: 'Log in' }).click();
  };
  await logIn('correct horse');
  await live(page);
  await page.goto(`${server.url}/tasks/${task.id}`);
  await page.getByRole('button', { name: 'Edit' }).click();
  const text = page.getByRole('dialog').getByLabel('What is to be done');
  await text.fill('A long story');
  await call(server, 'PATCH', `/api/users/${user.id}`, { password: 'battery staple' });
  await page.getByRole('heading', { name: 'Your login has ended' }).waitFor();
  await checkPage(page);
  await logIn('battery staple');
  await page.getByRole('heading', { name: 'Your login has ended' }).waitFor({ state: 'detached' });
  assert.equal(await text.inputValue(), 'A long story');
  await live(page);
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByRole('main').getByText('A long story').waitFor();
});
