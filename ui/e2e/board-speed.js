// How fast the board of 10,000 cards is in a browser: `just bench-ui`. Prints figures beside their limits.
//
// What counts is when it can be used, and whether a frame is late while it is scrolled, dragged on and changed by
// others. Frames are those that the browser itself reports as long (above 50 ms).

import assert from 'node:assert/strict';
import { call, makeProject, openPage, startBrowser, startServer } from './support.js';

const CARDS = Number(process.env.CARDS ?? 10_000);
const LIMITS = { interactive: 1000, frame: 50 };
const STATES = ['triage', 'todo', 'ready', 'blocked', 'done'];
/** Requests at a time while the cards are made. */
const AT_ONCE = 64;
const AGENTS = ['claude', 'codex', 'gemini', 'opencode'];

/** A project with so many cards, over the columns that need no worker. */
async function seed(server) {
  const project = await makeProject(server, 'speed');
  for (const state of STATES) {
    const ids = await makeCards(server, project, state, CARDS / STATES.length);
    const made = ['triage', 'ready'].includes(state);
    for (let from = 0; from < ids.length && !made; from += 500)
      await bulk(server, { ids: ids.slice(from, from + 500), status: state });
  }
  return project;
}

async function makeCards(server, project, state, amount) {
  const make = async (n) => {
    const { task } = await call(server, 'POST', '/api/tasks', {
      project,
      title: `Card ${n}: move the ${n % 7 ? 'flour' : 'very long bag of flour that takes two lines'} in`,
      body: 'With **care**.',
      assignee: AGENTS[n % AGENTS.length],
      tenant: n % 3 ? undefined : 'acme',
      priority: n % 5,
      triage: state === 'triage' || state === 'todo',
    });
    return task.id;
  };
  const ids = [];
  for (let from = 0; from < amount; from += AT_ONCE) {
    const some = Math.min(AT_ONCE, amount - from);
    ids.push(...(await Promise.all(Array.from({ length: some }, (_, n) => make(from + n)))));
  }
  return ids;
}

async function bulk(server, change) {
  const { results } = await call(server, 'POST', '/api/tasks/bulk', change);
  const refused = results.find(({ ok }) => !ok);
  assert.equal(refused, undefined, JSON.stringify(refused));
}

/**
 * Milliseconds from the answer's last byte until a card can be pressed, the median of some loads: by the clock, and of
 * the processor's time that the page took for it.
 */
async function interactive(t, browser, server, path) {
  const times = [];
  const works = [];
  for (let load = 0; load < 5; load++) {
    const page = await openPage(t, browser, server, { path: '/live' });
    await page.addInitScript(() => {
      const look = () => {
        if (document.querySelector('[data-card]')) globalThis.usable = performance.now();
        else requestAnimationFrame(look);
      };
      look();
    });
    const events = await traced(page, async () => {
      await page.goto(server.url + path);
      await page.waitForFunction(() => globalThis.usable !== undefined);
    });
    times.push(
      await page.evaluate(() => {
        const board = performance
          .getEntriesByType('resource')
          .find(({ name }) => /\/board(\?|$)/.test(name) && name.includes('/api/'));
        return globalThis.usable - board.responseEnd;
      }),
    );
    works.push(workAfterAnswer(events));
    await page.close();
  }
  return { longest: median(times), work: median(works) };
}

/** What the page's threads worked since the board was answered. */
function workAfterAnswer(events) {
  const asked = events.find(
    ({ name, args }) =>
      name === 'ResourceSendRequest' && /\/api\/.*\/board(\?|$)/.test(args.data.url),
  );
  const answered = events.find(
    ({ name, args }) =>
      name === 'ResourceFinish' && args.data.requestId === asked.args.data.requestId,
  );
  const after = tasksOf(events).filter(({ ts }) => ts >= answered.ts);
  return after.reduce((sum, { tdur }) => sum + tdur / 1000, 0);
}

function median(times) {
  return times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)];
}

/**
 * The longest frame while something is done, by the clock, and the longest piece of work in it by the time that the
 * processor spent on it: on a machine that others use too, only the second says something about the page.
 */
async function frames(page, act) {
  await page.evaluate(() => {
    globalThis.long = [0];
    const note = (list) => globalThis.long.push(...list.map(({ duration }) => duration));
    globalThis.observer = new PerformanceObserver((list) => note(list.getEntries()));
    globalThis.observer.observe({ type: 'long-animation-frame' });
    globalThis.rest = () => note(globalThis.observer.takeRecords());
  });
  const events = await traced(page, async () => {
    await act();
    await page.evaluate(() => new Promise((done) => setTimeout(done, 100)));
  });
  const longest = await page.evaluate(() => {
    globalThis.rest();
    globalThis.observer.disconnect();
    return Math.max(...globalThis.long);
  });
  return { longest, work: Math.max(0, ...tasksOf(events).map(({ tdur }) => tdur / 1000)) };
}

/** What the browser says that it did meanwhile. */
async function traced(page, act) {
  await browser.startTracing(page, { categories: ['toplevel', 'devtools.timeline'] });
  await act();
  return JSON.parse(await browser.stopTracing()).traceEvents;
}

/** Pieces of work on the threads that run pages, with the processor's time that they took. */
function tasksOf(events) {
  const isPage = ({ name, args }) => name === 'thread_name' && args.name === 'CrRendererMain';
  const threads = new Set(events.filter(isPage).map(({ pid, tid }) => `${pid} ${tid}`));
  return events.filter(
    ({ name, pid, tid, tdur }) =>
      tdur && name.endsWith('::RunTask') && threads.has(`${pid} ${tid}`),
  );
}

async function scroll(page, column) {
  await page.getByRole('region', { name: `Cards in ${column}` }).hover();
  for (let turn = 0; turn < 120; turn++) {
    await page.mouse.wheel(0, turn < 80 ? 400 : -500);
    await page.evaluate(() => new Promise(requestAnimationFrame));
  }
}

async function drag(page) {
  const card = page.locator('[data-column="ready"] [data-card]').first();
  const box = await card.boundingBox();
  await page.mouse.move(box.x + 20, box.y + 10);
  await page.mouse.down();
  for (const column of ['todo', 'triage', 'todo', 'ready', 'triage', 'ready']) {
    const to = await page.locator(`[data-column="${column}"]`).boundingBox();
    await page.mouse.move(to.x + to.width / 2, to.y + 200, { steps: 20 });
  }
  await page.keyboard.press('Escape');
  await page.mouse.up();
}

/** Others change cards while one looks. */
async function changes(page, server, project) {
  const tasks = await call(server, 'GET', `/api/tasks?project=${project}&status=ready&limit=100`);
  for (let n = 0; n < 60; n++) {
    await call(server, 'PATCH', `/api/tasks/${tasks[n % tasks.length].id}`, { priority: n % 9 });
    await page.evaluate(() => new Promise((done) => setTimeout(done, 30)));
  }
}

function tell(name, value, limit, work) {
  const verdict = value <= limit ? 'ok  ' : 'over';
  console.log(
    `${verdict} ${name}: ${value.toFixed(0)} ms of ${limit} ms, ${work.toFixed(0)} ms of work`,
  );
}

const cleanups = [];
const t = { after: (cleanup) => cleanups.push(cleanup) };
const [browser, server] = await Promise.all([startBrowser(), startServer()]);
try {
  const project = await seed(server);
  const path = `/projects/${project}/board`;
  const { longest, work } = await interactive(t, browser, server, path);
  tell('interactive', longest, LIMITS.interactive, work);
  const figures = {};
  const page = await openPage(t, browser, server, { path });
  await page.locator('[data-card]').first().waitFor();
  // The frame that shows the board first is no frame of scrolling.
  await page.evaluate(
    () => new Promise((done) => setTimeout(() => requestIdleCallback(done), 300)),
  );
  figures['scroll'] = await frames(page, () => scroll(page, 'ready'));
  figures['scroll further'] = await frames(page, () => scroll(page, 'ready'));
  await page
    .getByRole('region', { name: 'Cards in ready' })
    .evaluate((list) => (list.scrollTop = 0));
  figures['drag over columns'] = await frames(page, () => drag(page));
  figures['cards changed by others'] = await frames(page, () => changes(page, server, project));
  const cards = await page.locator('[data-card]').count();
  console.log(`     ${CARDS} cards, ${cards} of them in the document`);
  for (const [name, { longest, work }] of Object.entries(figures))
    tell(name, longest, LIMITS.frame, work);
} finally {
  for (const cleanup of cleanups) await cleanup().catch((cause) => console.log(cause.message));
  await browser.close();
  await server.stop();
}
