import { describe, expect, test } from 'vitest';
import { compact, count, dollars, duration, isAhead, relative, words } from './format';

const now = Date.parse('2026-03-05T10:00:00Z');

test.each([
  [0, '0'],
  [999, '999'],
  [1000, '1K'],
  [1500, '1.5K'],
  [999_949, '999.9K'],
  [999_960, '1M'],
  [12_345_678, '12.3M'],
  [2_000_000_000, '2B'],
])('%d tokens are written %s', (value, text) => {
  expect(compact(value)).toBe(text);
});

test.each([
  [0, '$0.00'],
  [0.0012, '$0.0012'],
  [0.19968, '$0.20'],
  [1234.5, '$1,234.50'],
])('%d dollars are written %s', (value, text) => {
  expect(dollars(value)).toBe(text);
});

test.each([
  [12, '12ms'],
  [1000, '1s'],
  [12_440, '12.4s'],
  [59_990, '1m 00s'],
  [185_000, '3m 05s'],
  [8_040_000, '2h 14m'],
  [273_600_000, '3d 4h'],
])('%d milliseconds are written %s', (value, text) => {
  expect(duration(value)).toBe(text);
});

describe('relative times', () => {
  test.each([
    ['2026-03-05T09:59:59Z', 'just now'],
    ['2026-03-05T09:59:48Z', '12s ago'],
    ['2026-03-05T09:55:00Z', '5m ago'],
    ['2026-03-03T10:00:00Z', '2d ago'],
    ['2026-03-05T10:05:00Z', 'in 5m'],
  ])('%s is %s', (at, text) => {
    expect(relative(at, now)).toBe(text);
  });
});

test('a moment lies ahead until it has come', () => {
  expect(isAhead('2026-03-05T10:00:01Z', now)).toBe(true);
  expect(isAhead('2026-03-05T10:00:00Z', now)).toBe(false);
});

test('a count agrees with its noun', () => {
  expect(count(1, 'task')).toBe('1 task');
  expect(count(1200, 'task')).toBe('1,200 tasks');
});

test('a state is shown without underscores', () => {
  expect(words('clarification_needed')).toBe('clarification needed');
});
