import { beforeEach, expect, test, vi } from 'vitest';
import { Keys } from './keys.svelte';
import { Router } from './router.svelte';

let keys: Keys;

function press(
  key: string,
  init: KeyboardEventInit = {},
  target: EventTarget = document.body,
): KeyboardEvent {
  const event = new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true, ...init });
  target.addEventListener('keydown', (event) => keys.pressed(event as KeyboardEvent), {
    once: true,
  });
  target.dispatchEvent(event);
  return event;
}

beforeEach(() => {
  vi.stubGlobal('scrollTo', () => {});
  localStorage.clear();
  history.replaceState(null, '', '/');
  document.body.innerHTML = '<input>';
  keys = new Keys(new Router('/'));
});

test.each([{ ctrlKey: true }, { metaKey: true }])('%j and k open and close the palette', (init) => {
  expect(press('k', init).defaultPrevented).toBe(true);
  expect(keys.open).toBe('palette');
  press('k', init);
  expect(keys.open).toBeUndefined();
});

test('g and a letter go to a page', () => {
  press('g');
  press('r');
  expect(location.pathname).toBe('/runs');
});

test('a letter without g goes nowhere', () => {
  press('r');
  expect(location.pathname).toBe('/');
});

test('letters that are typed into a field do nothing', () => {
  press('?', {}, document.querySelector('input')!);
  expect(keys.open).toBeUndefined();
});

test('letters can be switched off, the palette not', () => {
  keys.enable(false);
  press('?');
  expect(keys.open).toBeUndefined();
  expect(new Keys(new Router('/')).enabled).toBe(false);
  press('k', { ctrlKey: true });
  expect(keys.open).toBe('palette');
});
