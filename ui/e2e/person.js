// A person for `scripts/drain.py --browser`, with two pages that are opened once and never loaded again: at the inbox what is
// asked is answered and what is done is approved, by clicking; the board is watched. So until standard input ends, whatever
// becomes of the server meanwhile. Says `open` when both pages are, and at the end as JSON what was done and seen.

import { live, startBrowser } from './support.js';
import { arrived, watch } from './watched-board.js';

const { DASHBOARD_SERVER: server, DASHBOARD_TOKEN: token, PROJECT: project } = process.env;
const tasks = Number(process.env.TASKS);
/** A button that is gone, or behind a dialog, is not waited for. */
const PATIENCE = { timeout: 2000 };

const seen = { answers: {}, approved: 0, loads: 0, errors: [] };
let isOver = false;
process.stdin.resume().on('end', () => (isOver = true));

const browser = await startBrowser();

/** Each page in a window of its own: a browser does not draw what lies behind another tab. */
async function open(path) {
  const context = await browser.newContext();
  await context.request.post(`${server}/api/login`, { data: { token } });
  const page = await context.newPage();
  page.on('load', () => (seen.loads += 1));
  page.on('pageerror', (error) => seen.errors.push(`${path}: ${error}`));
  await page.goto(server + path);
  await live(page);
  return page;
}

const inbox = await open(`/inbox?project=${project}`);
const board = await open(`/projects/${project}/board`);
await watch(board);
console.log('open');

/** Chooses for each question once: a click that the server did not live to answer is repeated as it was. */
async function answer() {
  const question = inbox
    .getByRole('main')
    .getByRole('listitem')
    .filter({ hasText: 'Which one for' });
  if ((await question.count()) === 0) return;
  const [text] = (await question.first().innerText(PATIENCE)).match(/Which one for Task \d+\?/);
  seen.answers[text] ??= Math.random() < 0.5 ? 'this' : 'that';
  const choice = { name: seen.answers[text], exact: true };
  await question.filter({ hasText: text }).getByRole('button', choice).click(PATIENCE);
}

async function approve() {
  const button = inbox.getByRole('main').getByRole('button', { name: 'Approve…' }).first();
  if (!(await button.isVisible())) return;
  await button.click(PATIENCE);
  const dialog = inbox.getByRole('dialog');
  try {
    await dialog.getByRole('button', { name: 'Approve' }).click(PATIENCE);
    await dialog.waitFor({ state: 'hidden', ...PATIENCE });
    seen.approved += 1;
  } catch (error) {
    // It was refused, or the server is away: the dialog says so, and is closed.
    await inbox.keyboard.press('Escape');
    throw error;
  }
}

while (!isOver) {
  for (const deed of [answer, approve]) {
    try {
      await deed();
    } catch (error) {
      if (error.name !== 'TimeoutError') throw error;
    }
  }
  await inbox.waitForTimeout(200);
}
Object.assign(seen, await arrived(board, tasks));
await browser.close();
console.log(JSON.stringify(seen));
