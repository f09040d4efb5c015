import { expect, test } from 'vitest';
import { spanOf, type TaskState } from './tasks';

const began = '2026-01-01T10:00:00Z';
const since = '2026-01-01T11:00:00Z';
const ended = '2026-01-01T11:30:00Z';

function check(status: TaskState, finished_at: string | null, expected: object | undefined): void {
  const task = { status, status_since: since, started_at: began, finished_at };
  expect(spanOf(task)).toEqual(expected);
}

test('a task that is over says how long it took', () => {
  check('done', ended, { name: 'Took', started_at: began, ended_at: ended });
  check('failed', ended, { name: 'Took', started_at: began, ended_at: ended });
});

test('one that runs says since when it does, not since its first attempt', () => {
  check('running', null, { name: 'Running for', started_at: since });
});

test('in between nothing ticks', () => {
  for (const status of ['ready', 'review', 'blocked', 'waiting', 'scheduled'] as const) {
    check(status, null, undefined);
  }
});

test('what was put away before it began took no time', () => {
  const task = { status: 'archived', status_since: since, finished_at: ended } as const;
  expect(spanOf(task)).toBeUndefined();
});
