import { expect, test } from 'vitest';
import { compareCards, rowsOf, tier, type Card } from './cards';
import { card } from './test-cards';

const HOUR = 3_600_000;
const NOW = Date.parse('2026-01-02T00:00:00Z');
const ago = (ms: number) => new Date(NOW - ms).toISOString();
const ids = (cards: Card[]) => cards.toSorted(compareCards).map(({ id }) => id);

test('what is to be done stands by priority, then by age', () => {
  const cards = [
    card('late', { created_at: ago(1) }),
    card('early', { created_at: ago(9) }),
    card('urgent', { priority: 2, created_at: ago(0) }),
  ];
  expect(ids(cards)).toEqual(['urgent', 'early', 'late']);
});

test('what has ended stands with the last to end first', () => {
  const done = { status: 'done' } as const;
  const cards = [
    card('first', { ...done, finished_at: ago(9), priority: 5 }),
    card('last', { ...done, finished_at: ago(1) }),
  ];
  expect(ids(cards)).toEqual(['last', 'first']);
});

test('each column has its own patience', () => {
  for (const [status, age, expected] of [
    ['ready', 0.9 * HOUR, 'fresh'],
    ['ready', HOUR, 'late'],
    ['ready', 24 * HOUR, 'stale'],
    ['running', 0.2 * HOUR, 'late'],
    ['running', HOUR, 'stale'],
    ['blocked', 2 * HOUR, 'late'],
    ['todo', 6 * 24 * HOUR, 'fresh'],
    ['todo', 8 * 24 * HOUR, 'late'],
    ['todo', 31 * 24 * HOUR, 'stale'],
    ['done', 1000 * HOUR, 'fresh'],
  ] as const) {
    expect([status, age, tier({ status, updated_at: ago(age) }, NOW)]).toEqual([
      status,
      age,
      expected,
    ]);
  }
});

test('lanes gather the cards of each agent, where somebody works', () => {
  const cards = [
    card('a', { assignee: 'codex', status: 'running' }),
    card('b', { status: 'running' }),
    card('c', { assignee: 'codex', status: 'running' }),
  ];
  const keys = (lanes: boolean) => rowsOf('running', cards, lanes).map(({ key }) => key);
  expect(keys(true)).toEqual(['lane ', 'b', 'lane codex', 'a', 'c']);
  expect(keys(false)).toEqual(['a', 'b', 'c']);
  expect(rowsOf('ready', cards, true).every((row) => row.lane === undefined)).toBe(true);
});
