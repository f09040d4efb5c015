import { expect, test } from 'vitest';
import { Selection } from './selection.svelte';

const order = ['a', 'b', 'c', 'd', 'e'];

function check(act: (selection: Selection) => void, expected: string[]): void {
  const selection = new Selection();
  act(selection);
  expect([...selection.ids].sort()).toEqual(expected);
}

test('ctrl adds one and takes it away again', () => {
  check((it) => it.toggle('b'), ['b']);
  check((it) => ['b', 'c', 'b'].forEach((id) => it.toggle(id)), ['c']);
});

test('shift adds everything between, in both directions', () => {
  check((it) => (it.toggle('d'), it.extend('b', order)), ['b', 'c', 'd']);
  check((it) => (it.toggle('a'), it.toggle('c'), it.extend('e', order)), ['a', 'c', 'd', 'e']);
});

test('shift from another column, or from nothing, chooses one', () => {
  check((it) => it.extend('c', order), ['c']);
  check((it) => (it.toggle('elsewhere'), it.extend('c', order)), ['c', 'elsewhere']);
});

test('only what was refused stays chosen', () => {
  check((it) => (it.add(order), it.keep(['c'])), ['c']);
  check((it) => (it.add(order), it.clear()), []);
});
