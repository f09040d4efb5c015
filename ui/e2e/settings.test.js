import assert from 'node:assert/strict';
import { test } from 'node:test';
import { call, checkPage, live, openPage, start } from './support.js';

const { browser, server } = await start();
const refusals = /status of (401|403|422)/;
const row = (page, name) => page.getByRole('main').getByRole('listitem').filter({ hasText: name });

test('a token is made, shown once, works, and is revoked', async (t) => {
  const page = await openPage(t, browser, server, { path: '/settings/tokens' });
  await live(page);
  await page.getByRole('button', { name: 'New token' }).click();
  const dialog = page.getByRole('dialog');
  const name = `robot-${Date.now()}`;
  await dialog.getByLabel('Name').fill(name);
  await dialog.getByRole('checkbox', { name: /^report/ }).uncheck();
  await dialog.getByLabel('Days').fill('30');
  await checkPage(page);
  await dialog.getByRole('button', { name: 'Create' }).click();
  const secret = await dialog.locator('code').innerText();
  await checkPage(page);
  const ask = () =>
    fetch(`${server.url}/api/me`, { headers: { Authorization: `Bearer ${secret}` } });
  assert.deepEqual((await (await ask()).json()).scopes, ['read']);
  await dialog.getByRole('button', { name: 'I have it' }).click();
  await row(page, name).getByText(/ends/).waitFor();
  assert.equal((await page.content()).includes(secret), false);

  await page.getByRole('button', { name: `Revoke ${name}` }).click();
  await dialog.getByRole('button', { name: 'Revoke for good' }).click();
  await row(page, name).getByText('revoked').waitFor();
  assert.equal((await ask()).status, 401);
  await checkPage(page);
});

test('a user is made, edited and deleted', async (t) => {
  const page = await openPage(t, browser, server, { path: '/settings/users', allow: refusals });
  await live(page);
  const name = `ada-${Date.now()}`;
  const dialog = page.getByRole('dialog');
  await page.getByRole('button', { name: 'New user' }).click();
  await dialog.getByLabel('Name').fill(name);
  await dialog.getByLabel('Password').fill('correct horse');
  await checkPage(page);
  await dialog.getByRole('button', { name: 'Create' }).click();
  await row(page, name).waitFor();
  const logIn = (password) =>
    fetch(`${server.url}/api/login`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ user: name, password }),
    }).then(({ ok }) => ok);
  assert.equal(await logIn('correct horse'), true);

  await page.getByRole('button', { name: `Edit ${name}` }).click();
  await dialog.getByLabel('Password').fill('battery staple');
  await dialog.getByRole('checkbox', { name: /^operate/ }).uncheck();
  await dialog.getByRole('button', { name: 'Save' }).click();
  await row(page, name).getByText('read ·').waitFor();
  assert.deepEqual([await logIn('correct horse'), await logIn('battery staple')], [false, true]);
  await page.getByRole('button', { name: `Edit ${name}` }).click();
  await dialog.getByLabel('May not log in').check();
  await dialog.getByRole('button', { name: 'Save' }).click();
  await row(page, name).getByText('may not log in').waitFor();
  await checkPage(page);

  await page.getByRole('button', { name: `Delete ${name}…` }).click();
  await dialog.getByRole('textbox').fill(name);
  await dialog.getByRole('button', { name: 'Delete for good' }).click();
  await row(page, name).waitFor({ state: 'detached' });
});

test('a name that is taken is refused, and what was typed stays', async (t) => {
  const name = `twin-${Date.now()}`;
  await call(server, 'POST', '/api/users', { name, password: 'correct horse' });
  const page = await openPage(t, browser, server, {
    path: '/settings/users',
    allow: /status of (409|422)/,
  });
  const dialog = page.getByRole('dialog');
  await page.getByRole('button', { name: 'New user' }).click();
  await dialog.getByLabel('Name').fill(name);
  await dialog.getByLabel('Password').fill('correct horse');
  await dialog.getByRole('button', { name: 'Create' }).click();
  await dialog.getByRole('alert').waitFor();
  assert.equal(await dialog.getByLabel('Name').inputValue(), name);
  await dialog.getByLabel('Name').fill(`${name}-too`);
  await dialog.getByRole('button', { name: 'Create' }).click();
  await row(page, `${name}-too`).waitFor();
});

test('an edit of a user goes on after somebody else was faster', async (t) => {
  const name = `shared-${Date.now()}`;
  const { id } = await call(server, 'POST', '/api/users', { name, password: 'correct horse' });
  const page = await openPage(t, browser, server, {
    path: '/settings/users',
    allow: /status of 409/,
  });
  await page.getByRole('button', { name: `Edit ${name}` }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('May not log in').check();
  await call(server, 'PATCH', `/api/users/${id}`, { scopes: ['read'] });
  await dialog.getByRole('button', { name: 'Save' }).click();
  await dialog.getByRole('alert').waitFor();
  await dialog.getByRole('button', { name: 'Save' }).click();
  await row(page, name).getByText('may not log in').waitFor();
  await row(page, name).getByText('read ·').waitFor();
});

test('who may only read is told so, and offered nothing', async (t) => {
  const { secret } = await call(server, 'POST', '/api/tokens', {
    name: `reader-${Date.now()}`,
    scopes: ['read'],
  });
  const page = await openPage(
    t,
    browser,
    { ...server, token: secret },
    { path: '/settings/users', allow: refusals },
  );
  for (const section of ['Users', 'Tokens', 'Channels']) {
    await page.getByRole('link', { name: section, exact: true }).click();
    await page.getByRole('heading', { name: section }).waitFor();
    assert.match(await page.getByRole('alert').innerText(), /Not allowed/);
    assert.equal(await page.getByRole('button', { name: /^New/ }).count(), 0);
    await checkPage(page);
  }
});

for (const look of [{ dark: true }, { small: true }]) {
  const name = Object.keys(look)[0];
  test(`tokens and users keep the rules of accessibility, ${name}`, async (t) => {
    await call(server, 'POST', '/api/users', {
      name: `somebody-with-a-long-name-${name}-${Date.now()}`,
      password: 'correct horse',
    });
    const page = await openPage(t, browser, server, { path: '/settings/tokens', ...look });
    for (const section of ['Tokens', 'Users']) {
      await page.getByRole('link', { name: section, exact: true }).click();
      await page.getByRole('main').getByRole('listitem').first().waitFor();
      await checkPage(page);
    }
  });
}
