// Looks which cards of a board arrive in its column `done`, one by one, as they come.

/** So many cards of a column are in sight at once. */
const VIEWPORT = { width: 1280, height: 4000 };
/** The last cards may come after the last task is done. */
const PATIENCE = { timeout: 30_000 };

/** From here on. What is remembered lies in the page, and is lost when that is loaded again. */
export async function watch(page) {
  await page.setViewportSize(VIEWPORT);
  await page.evaluate(() => {
    const look = () => {
      for (const card of document.querySelectorAll('[data-column="done"] [data-card]'))
        globalThis.arrived.add(card.dataset.card);
    };
    globalThis.arrived = new Set();
    const options = { subtree: true, childList: true, attributeFilter: ['data-card'] };
    new MutationObserver(look).observe(document.body, options);
  });
}

/** The tasks whose cards have come, and how many the column counts, when it counts all or will not. */
export async function arrived(page, tasks) {
  const count = page.locator('[data-column="done"] [data-count]');
  await count
    .filter({ hasText: new RegExp(`^${tasks}$`) })
    .waitFor(PATIENCE)
    .catch(() => undefined);
  // The column counts a card some frames before it shows it.
  await page
    .waitForFunction((most) => (globalThis.arrived?.size ?? most) >= most, tasks, PATIENCE)
    .catch(() => undefined);
  return {
    arrived: await page.evaluate(() => [...(globalThis.arrived ?? [])]),
    count: await count.innerText(),
  };
}
