import { expect, test } from 'vitest';
import { movesFrom } from './task-moves';

const verbs = (...asked: Parameters<typeof movesFrom>) =>
  movesFrom(...asked).map((move) => move.verb);

test('what is offered beside what is wrong is not offered twice', () => {
  expect(verbs('failed')).toEqual(['retry', 'archive']);
  expect(verbs('failed', ['open_log', 'retry', 'reassign'])).toEqual(['archive']);
  expect(verbs('review', ['request_changes'])).toEqual(['approve', 'archive']);
});
