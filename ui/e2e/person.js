// A person at the inbox, for `scripts/drain.py --browser`: answers what is asked and approves what is done, by clicking, until its
// standard input ends. The server may go away and come back meanwhile; the page is opened once and never loaded again.

import { startBrowser } from './support.js';

const { DASHBOARD_SERVER: server, DASHBOARD_TOKEN: token, PROJECT: project } = process.env;
/** A button that is gone, or behind a dialog, is not waited for. */
const PATIENCE = { timeout: 2000 };

const done = { answered: 0, approved: 0 };
let isOver = false;
process.stdin.resume().on('end', () => (isOver = true));

const browser = await startBrowser();
const context = await browser.newContext();
await context.request.post(`${server}/api/login`, { data: { token } });
const page = await context.newPage();
await page.goto(`${server}/inbox?project=${project}`);

async function answer() {
  const choice = page.getByRole('main').getByRole('button', { name: 'this', exact: true }).first();
  if (!(await choice.isVisible())) return;
  await choice.click(PATIENCE);
  done.answered += 1;
}

async function approve() {
  const open = page.getByRole('main').getByRole('button', { name: 'Approve…' }).first();
  if (!(await open.isVisible())) return;
  await open.click(PATIENCE);
  const dialog = page.getByRole('dialog');
  try {
    await dialog.getByRole('button', { name: 'Approve' }).click(PATIENCE);
    await dialog.waitFor({ state: 'hidden', ...PATIENCE });
    done.approved += 1;
  } catch (error) {
    // It was refused, or the server is away: the dialog says so, and is closed.
    await page.keyboard.press('Escape');
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
  await page.waitForTimeout(200);
}
await browser.close();
console.log(`  in the browser: ${done.answered} clicks on answers, ${done.approved} approved`);
