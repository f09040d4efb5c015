// What the tab says while nobody looks at it: its title, and a dot on its icon.

export type Alert = 'none' | 'waiting' | 'offline' | 'error';

const DOTS: Record<Exclude<Alert, 'none'>, string> = {
  waiting: '#63e6be',
  offline: '#f2a93b',
  error: '#e5484d',
};

export class Attention {
  #title = $state('');
  #missedErrors = $state(0);

  /** What the page is about; the product's name is added. */
  set title(text: string) {
    this.#title = text;
  }

  get missedErrors(): number {
    return this.#missedErrors;
  }

  /** Something went wrong somewhere. It counts while the tab is out of sight. */
  sawError(): void {
    if (document.visibilityState === 'hidden') this.#missedErrors++;
  }

  looked(): void {
    this.#missedErrors = 0;
  }

  /** With the number of things that need somebody: those that wait, and errors that nobody saw. */
  windowTitle(offline: boolean, waiting: number): string {
    const number = this.#missedErrors + waiting;
    const mark = offline ? '(offline) ' : number > 0 ? `(${number}) ` : '';
    return `${mark}${this.#title ? `${this.#title} – ` : ''}dashboardd`;
  }

  alert(offline: boolean, waiting: number): Alert {
    if (this.#missedErrors > 0) return 'error';
    if (offline) return 'offline';
    return waiting > 0 ? 'waiting' : 'none';
  }
}

/** The icon, with a dot where something needs a look. */
export function favicon(alert: Alert): string {
  if (alert === 'none') return new URL('favicon.svg', document.baseURI).href;
  const svg =
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="7" fill="#3b5bdb"/>' +
    '<path d="M8 21.5 13 14l4.5 5L24 10" fill="none" stroke="#fff" stroke-width="3" stroke-linecap="round" stroke-linejoin="round"/>' +
    `<circle cx="24" cy="24" r="8" fill="${DOTS[alert]}" stroke="#fff" stroke-width="2"/></svg>`;
  return `data:image/svg+xml,${encodeURIComponent(svg)}`;
}
