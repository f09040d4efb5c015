import { expect, test } from 'vitest';
import { marked } from './marked-text';

test.each([
  ['an Error, an error', 'error', ['an ', '*Error', ', an ', '*error']],
  ['nothing', 'x', ['nothing']],
  ['aaa', 'aa', ['*aa', 'a']],
  ['İx', 'x', ['İx']],
  ['text', '', ['text']],
])('in %j, %j is marked', (text, q, expected) => {
  expect(marked(text, q).map((bit) => (bit.hit ? '*' : '') + bit.text)).toEqual(expected);
});
