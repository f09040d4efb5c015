import { expect, test } from 'vitest';
import { pieces, plain } from './ansi';

test('text without colours is one piece', () => {
  expect(pieces('hello')).toEqual([{ text: 'hello', classes: '' }]);
  expect(pieces('')).toEqual([]);
});

test('colours and weights become classes', () => {
  expect(pieces('\x1b[1;31merror\x1b[0m: no')).toMatchObject([
    { text: 'error', classes: 'ansi-red-fg ansi-bold' },
    { text: ': no', classes: '' },
  ]);
});

test('colours beyond the sixteen are given as numbers', () => {
  expect(pieces('\x1b[38;5;208mx')).toMatchObject([{ classes: 'ansi-any-fg', fg: '255, 135, 0' }]);
  expect(pieces('\x1b[38;2;1;2;3mx')).toMatchObject([{ classes: 'ansi-any-fg', fg: '1, 2, 3' }]);
  expect(pieces('\x1b[48;5;240mx')).toMatchObject([{ classes: 'ansi-any-bg', bg: '88, 88, 88' }]);
});

test('reverse swaps text and ground', () => {
  expect(pieces('\x1b[31;7mx')).toMatchObject([{ classes: 'ansi-black-fg ansi-red-bg' }]);
});

test('a progress bar shows its last state', () => {
  expect(plain('10%\r50%\r100%\r')).toBe('100%');
});

test.each([
  ['\x1b]0;title\x07text', 'text'],
  ['\x1b]8;;http://a\x1b\\link\x1b]8;;\x1b\\', 'link'],
  ['\x1b[2K\x1b[1Gdone', 'done'],
  ['\x1b[32mok\x1b[0m', 'ok'],
  ['a\x00b\tc', 'a\u00b7b\tc'],
])('%j reads %j', (line, text) => {
  expect(plain(line)).toBe(text);
});
