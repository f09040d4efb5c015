// Keys that work everywhere. Those of a single letter can be switched off, as WCAG 2.1.4 asks.

import { sections } from '../routes';
import type { Router } from './router.svelte';

const KEY = 'dashboard.keys';
/** The second key of `g t` must come within this time. */
const SEQUENCE_MS = 1200;

export const SHORTCUTS: [keys: string, what: string][] = [
  ['Ctrl K or ⌘ K', 'Search and commands'],
  ['?', 'This list'],
  ...sections.map(({ key, name }): [string, string] => [`g ${key}`, `Go to ${name}`]),
  ['/', 'Search on this page'],
  ['c', 'New ticket'],
  ['← ↑ ↓ →, Home, End', 'Board: from card to card'],
  ['x', 'Board: choose the card; Shift Enter: all from the last one to it'],
  ['Space on its grip', 'Board: pick up the card; ← → choose a column, Space lets go'],
  ['j, k', 'Inbox: next and previous'],
  ['a, x, r, u, t', 'Inbox: approve or answer, request changes, retry, unblock, take back'],
  ['1 – 9', 'Inbox: one of the offered answers'],
  ['Esc', 'Close what is open'],
];

export class Keys {
  open = $state<'palette' | 'keys'>();
  #enabled = $state(localStorage.getItem(KEY) !== 'off');
  #goingSince = -Infinity;

  constructor(private readonly router: Router) {}

  /** Whether single letters do something. */
  get enabled(): boolean {
    return this.#enabled;
  }

  enable(on: boolean): void {
    this.#enabled = on;
    localStorage.setItem(KEY, on ? 'on' : 'off');
  }

  pressed(event: KeyboardEvent): void {
    if ((event.ctrlKey || event.metaKey) && !event.altKey && event.key.toLowerCase() === 'k') {
      event.preventDefault();
      this.open = this.open === 'palette' ? undefined : 'palette';
      return;
    }
    const chord = event.ctrlKey || event.metaKey || event.altKey;
    if (
      !this.#enabled ||
      chord ||
      event.defaultPrevented ||
      isTyping(event.target) ||
      isDialogOpen()
    )
      return;
    if (this.#letter(event)) event.preventDefault();
  }

  #letter(event: KeyboardEvent): boolean {
    const going = event.timeStamp - this.#goingSince < SEQUENCE_MS;
    this.#goingSince = -Infinity;
    const section = going && sections.find(({ key }) => key === event.key);
    if (section) return this.#go(section.path);
    switch (event.key) {
      case 'g':
        this.#goingSince = event.timeStamp;
        return true;
      case '?':
        this.open = 'keys';
        return true;
      case 'c':
        return this.#go('/tickets?new=1');
      case '/':
        return focusSearch();
      default:
        return false;
    }
  }

  #go(path: string): boolean {
    this.router.go(path);
    return true;
  }
}

/** Whether a key is meant for a field. */
export function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    target.closest('input, textarea, select, [contenteditable]') !== null
  );
}

/** Whether it is a field for several lines with something in it, which one key must not throw away. */
export function holdsWords(target: EventTarget | null): boolean {
  return target instanceof HTMLTextAreaElement && target.value.trim() !== '';
}

/** Whether a dialog lies above the page, to which all keys belong. */
export function isDialogOpen(): boolean {
  return document.querySelector('dialog[open]') !== null;
}

function focusSearch(): boolean {
  const search = document.querySelector<HTMLInputElement>('main input[type="search"]');
  search?.focus();
  return search !== null;
}
