import { expect, test } from 'vitest';
import { cameOf, type Dispatched } from './dispatch';

const skipped = (detail: string): Dispatched['skipped'][number] => ({
  task: '01a1fe94-e4a6-72c9-82c2-a9598f559225',
  reason: 'no_worker',
  detail,
});

test('what was taken counts', () => {
  expect(cameOf({ dispatched: ['1', '2'], skipped: [skipped('no worker')] })).toBe('Dispatched 2.');
});

test('where nothing was taken, each reason is said once', () => {
  const of = (...details: string[]) => cameOf({ dispatched: [], skipped: details.map(skipped) });
  expect(of()).toBe('No tasks ready.');
  expect(of('no worker waits', 'no worker waits')).toBe('No tasks ready: no worker waits.');
  expect(of('no worker waits', 'it is blocked', 'it waits')).toBe(
    'No tasks ready: no worker waits (and 2 other reasons).',
  );
});
