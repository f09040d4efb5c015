// Moves of cards on a board: one or many, with an answer for each.

import { client, Failure, take, type Schema } from '../api';
import { sentenceFor, type Said } from '../task-moves';
import { createTask, updateTask, type NewTask, type Task, type TaskState } from '../tasks';

type Bulk = Omit<Schema['BulkTasks'], 'ids'>;

/** What could not be done, and why, by card. */
export type Refused = Map<string, string>;

/** Puts cards into a column. The server makes the moves that lead there, or says why not. */
export async function moveCards(ids: string[], to: TaskState, said: Said): Promise<Refused> {
  const words = said.text.trim() ? sentenceFor(to, said.text.trim()) : {};
  const change = { status: to, reclaim_first: said.reclaim, ...words };
  // A time is nothing that many are told at once.
  if (ids.length === 1 || 'not_before' in change) return oneByOne(ids, change);
  return changeCards(ids, change);
}

/** Does the same to many cards. */
export async function changeCards(ids: string[], change: Bulk): Promise<Refused> {
  const refused: Refused = new Map();
  for (let from = 0; from < ids.length; from += 1000) {
    const body = { ...change, ids: ids.slice(from, from + 1000) };
    const { results } = await take(client.POST('/api/tasks/bulk', { body }));
    for (const { id, ok, error } of results) if (!ok) refused.set(id, error ?? 'refused');
  }
  return refused;
}

async function oneByOne(ids: string[], change: Schema['TaskPatch']): Promise<Refused> {
  const refused: Refused = new Map();
  for (const id of ids) {
    try {
      await updateTask(id, change);
    } catch (cause) {
      const failure = Failure.of(cause);
      if (failure.status === 0) throw failure;
      refused.set(id, failure.detail || failure.title);
    }
  }
  return refused;
}

/** Columns that a card can be made in. */
export const MAKES_CARDS: TaskState[] = ['triage', 'todo', 'ready', 'blocked', 'scheduled'];

/** Makes a card in a column. It goes there through triage, where no worker takes it on its way. */
export async function makeCard(
  task: NewTask,
  to: TaskState,
  key: string,
): Promise<{ task: Task; warning?: string | null }> {
  // One with a time waits for it by itself.
  const straight = to === 'ready' || task.not_before !== undefined;
  const made = await createTask({ ...task, triage: !straight }, key);
  if (straight || to === 'triage') return made;
  const todo = await updateTask(made.task.id, { status: 'todo' });
  return { ...made, task: to === 'todo' ? todo : await updateTask(todo.id, { status: to }) };
}
