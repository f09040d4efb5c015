import { expect, test, vi } from 'vitest';
import { TASK_STATES, type TaskState } from '../tasks';
import { Dragging } from './dragging.svelte';

/** A card that was picked up where it stands. */
function picked(from: TaskState): Dragging {
  const dragging = new Dragging({
    with: (id) => [id],
    title: () => 'a card',
    columns: () => TASK_STATES.filter((status) => status !== 'archived'),
    status: () => from,
    drop: vi.fn(),
    show: vi.fn(),
  });
  dragging.started('a');
  return dragging;
}

function check(from: TaskState, left: TaskState | undefined, right: TaskState | undefined): void {
  const dragging = picked(from);
  expect([dragging.beside(undefined, -1), dragging.beside(undefined, 1)]).toEqual([left, right]);
}

test('a key leads to the nearest column on its side that takes cards', () => {
  check('triage', undefined, 'todo');
  check('ready', 'todo', 'review');
  check('review', 'ready', 'blocked');
  check('done', 'scheduled', undefined);
});

test('the same from a column that takes none', () => {
  check('running', 'ready', 'review');
  check('waiting', 'ready', 'review');
  check('failed', 'done', undefined);
});

test('it goes on from the column that the card is over', () => {
  const dragging = picked('running');
  expect(dragging.beside('review', 1)).toBe('blocked');
  expect(dragging.beside('review', -1)).toBe('ready');
});
