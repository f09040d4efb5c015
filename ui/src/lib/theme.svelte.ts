// Light, dark, or as the system has it. `public/theme.js` applies the choice before the first paint.

export const THEMES = ['system', 'light', 'dark'] as const;
export type ThemeName = (typeof THEMES)[number];

const KEY = 'dashboard.theme';

export class Theme {
  #name = $state<ThemeName>(stored());

  get name(): ThemeName {
    return this.#name;
  }

  choose(name: ThemeName): void {
    this.#name = name;
    if (name === 'system') delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = name;
    try {
      localStorage.setItem(KEY, name);
    } catch {
      // Storage may be forbidden; the choice then lasts as long as the page.
    }
  }

  /** The next one, for a button that goes round. */
  next(): void {
    const index = THEMES.indexOf(this.#name);
    this.choose(THEMES[(index + 1) % THEMES.length] ?? 'system');
  }
}

function stored(): ThemeName {
  try {
    const name = localStorage.getItem(KEY);
    return THEMES.find((theme) => theme === name) ?? 'system';
  } catch {
    return 'system';
  }
}
