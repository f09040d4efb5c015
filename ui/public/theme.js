// Runs before the first paint, so that a chosen theme does not flash. Its own file: the policy allows no inline script.
(() => {
  try {
    const chosen = localStorage.getItem('dashboard.theme');
    if (chosen === 'light' || chosen === 'dark') document.documentElement.dataset.theme = chosen;
  } catch {
    // Storage may be forbidden; the system's theme is used then.
  }
})();
