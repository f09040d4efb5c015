// What every browser test needs: a real server, a browser, and a way to seed the server over its API.
//
// DASHBOARDD names the server's binary: each file of tests starts one of its own, on a free port, with its data in a
// temporary directory. With DASHBOARD_SERVER and DASHBOARD_TOKEN the tests run against a server that is there already;
// those that must start, stop or configure it are then left out.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { after } from 'node:test';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from 'playwright-core';

const BROWSER_FLAGS = [
  '--no-sandbox',
  '--disable-dev-shm-usage',
  '--disable-gpu',
  '--disable-background-networking',
  '--no-first-run',
];
const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

export const ownServer = process.env.DASHBOARD_SERVER === undefined;

/**
 * A running server. `link` is the one-time login link of its first start. `again` is one that was killed: its data,
 * address and token are taken over.
 */
export async function startServer({ flags = [], again } = {}) {
  if (!ownServer) return existingServer();
  const binary = process.env.DASHBOARDD;
  assert.ok(
    binary,
    'DASHBOARDD must name the server, or DASHBOARD_SERVER and DASHBOARD_TOKEN one that runs',
  );
  const folder = again?.folder ?? (await mkdtemp(join(tmpdir(), 'dashboard-e2e-')));
  const token = again?.token ?? randomBytes(24).toString('base64url');
  const args = [
    'serve',
    '--listen',
    again ? new URL(again.url).host : '127.0.0.1:0',
    '--data',
    folder,
    ...flags,
  ];
  const child = spawn(binary, args, {
    env: { ...process.env, DASHBOARD_ADMIN_TOKEN: token },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  child.stderr.on('data', (chunk) => (said += chunk));
  const exited = new Promise((done) => child.on('exit', done));
  const url = await new Promise((resolve, reject) => {
    child.stdout.on('data', (chunk) => {
      said += chunk;
      const address = said.match(/listening on (http\S+)\s/)?.[1];
      if (address) resolve(address);
    });
    child.on('error', reject);
    exited.then((code) => reject(new Error(`the server ended with ${code}: ${said}`)));
  });
  return {
    url,
    token,
    folder,
    link: () => said.match(/https?:\S+#code=\S+/)?.[0],
    kill: async () => {
      child.kill('SIGKILL');
      await exited;
    },
    stop: async () => {
      child.kill('SIGTERM');
      await exited;
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function existingServer() {
  const url = process.env.DASHBOARD_SERVER.replace(/\/$/, '');
  return { url, token: process.env.DASHBOARD_TOKEN, stop: async () => {} };
}

/** A browser and a server for the tests of a file, until its end. */
export async function start(options) {
  let browser;
  let server;
  after(async () => {
    await browser?.close();
    await server?.stop();
  });
  await Promise.all([
    startBrowser().then((started) => (browser = started)),
    startServer(options).then((started) => (server = started)),
  ]);
  return { browser, server };
}

/** Asks the server as a program would. */
export async function call(server, method, path, body) {
  const response = await fetch(server.url + path, {
    method,
    headers: { Authorization: `Bearer ${server.token}`, 'Content-Type': 'application/json' },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  const text = await response.text();
  assert.ok(response.ok, `${method} ${path}: ${response.status} ${text}`);
  return text ? JSON.parse(text) : undefined;
}

export function startBrowser() {
  const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium';
  return chromium.launch({ executablePath, args: BROWSER_FLAGS });
}

/**
 * A page of a browser of its own, logged in unless told otherwise. At the end of the test nothing may have been said
 * on its console: no exception, no breach of the content security policy.
 */
export async function openPage(t, browser, server, options = {}) {
  const { path = '/', login = true, dark = false, small = false, allow = /$^/ } = options;
  const context = await browser.newContext({
    viewport: small ? { width: 360, height: 740 } : { width: 1280, height: 800 },
    colorScheme: dark ? 'dark' : 'light',
  });
  context.setDefaultTimeout(20_000);
  if (login) {
    const answer = await context.request.post(`${server.url}/api/login`, {
      data: { token: server.token },
    });
    assert.ok(answer.ok(), `log in: ${answer.status()} ${await answer.text()}`);
  }
  const page = await context.newPage();
  const said = [];
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) said.push(message.text());
  });
  page.on('pageerror', (error) => said.push(String(error.stack)));
  t.after(async () => {
    await context.close();
    assert.deepEqual(
      said.filter((text) => !allow.test(text)),
      [],
      'the console stays silent',
    );
  });
  await page.goto(server.url + path);
  return page;
}

/** No rule of WCAG 2.2 AA is broken, and nothing hangs over the edge. */
export async function checkPage(page) {
  await page.evaluate(`${axe};0`);
  const violations = await page.evaluate(async () => {
    const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
    const result = await globalThis.axe.run(document, { runOnly: tags });
    return result.violations.map(({ id, nodes }) => ({
      id,
      at: nodes.map((node) => node.target.join(' ')),
    }));
  });
  assert.deepEqual(violations, []);
  const over = await page.evaluate(() =>
    [document.documentElement, document.querySelector('main')]
      .filter((element) => element && element.scrollWidth > element.clientWidth)
      .map((element) => `${element.tagName} ${element.scrollWidth} > ${element.clientWidth}`),
  );
  assert.deepEqual(over, [], 'nothing scrolls sideways');
}

/** The stream is connected: from here on, what happens is shown. */
export async function live(page) {
  await page.locator('[data-stream="live"]').waitFor({ state: 'attached' });
}

let projects = 0;

/** A project of its own, so that no test sees what others make; answers its slug. */
export async function makeProject(server, name, over = {}) {
  const slug = `${name}-${Date.now()}-${++projects}`;
  await call(server, 'POST', '/api/projects', { slug, ...over });
  return slug;
}

/** What makes tasks of a project. */
export function tasksOf(server, project) {
  return async (title, over = {}) =>
    (await call(server, 'POST', '/api/tasks', { project, title, ...over })).task;
}

/** A run of an agent with steps, lines and calls, still going on unless it is finished. */
export async function seedRun(server, over = {}) {
  const { run } = await call(server, 'POST', '/api/runs', {
    title: 'claude -p "Add a login page"',
    agent: 'claude',
    command: ['claude', '-p', 'Add a login page'],
    ...over,
  });
  const steps = `/api/runs/${run.id}/steps`;
  const agent = await call(server, 'POST', steps, { step_type: 'agent', name: 'claude' });
  const tool = await call(server, 'POST', steps, {
    step_type: 'tool',
    name: 'Bash',
    title: 'cargo test',
    parent_step_id: agent.id,
  });
  await call(server, 'PATCH', `${steps}/${tool.id}`, {
    state: 'failed',
    result: 'fail',
    output: '1 failed',
  });
  await call(server, 'POST', '/api/llm-calls', {
    run_id: run.id,
    role: 'implementer',
    provider: 'anthropic',
    model: 'claude-sonnet-4-5',
    tokens: { input: 1200, cache_read: 9000, output: 800 },
    duration_ms: 4200,
  });
  return { run, agent, tool };
}

/** Lines as a worker sends them. */
export async function print(server, run, lines) {
  for (let from = 0; from < lines.length; from += 1000) {
    await call(server, 'POST', `/api/runs/${run.id}/logs`, lines.slice(from, from + 1000));
  }
}
