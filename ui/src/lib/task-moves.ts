// Moves of tasks: which a person may make from where, and how they are asked for.

import { client, take, type Schema } from './api';
import type { Task, TaskState } from './tasks';

export type Verb =
  | 'accept'
  | 'approve'
  | 'archive'
  | 'block'
  | 'complete'
  | 'demote'
  | 'promote'
  | 'reopen'
  | 'request-changes'
  | 'restore'
  | 'retry'
  | 'review'
  | 'schedule'
  | 'unblock';

/** What a person can say with a move. */
export type Words = 'reason' | 'summary' | 'comment' | 'time';

export interface Move {
  verb: Verb;
  /** On its button. */
  name: string;
  /** What is asked first. */
  asks?: Words;
}

const archive: Move = { verb: 'archive', name: 'Archive' };
const block: Move = { verb: 'block', name: 'Block', asks: 'reason' };
const complete: Move = { verb: 'complete', name: 'Complete', asks: 'summary' };
const review: Move = { verb: 'review', name: 'To review', asks: 'summary' };
const schedule: Move = { verb: 'schedule', name: 'Schedule', asks: 'time' };
const triage: Move = { verb: 'demote', name: 'To triage' };
const retry: Move = { verb: 'retry', name: 'Retry' };

/** The likeliest first. */
const MOVES: Record<TaskState, Move[]> = {
  triage: [{ verb: 'accept', name: 'Accept' }, archive],
  todo: [{ verb: 'promote', name: 'Make ready' }, block, schedule, triage, archive],
  ready: [complete, review, block, schedule, triage, archive],
  running: [complete, block, archive],
  waiting: [complete, block, archive],
  review: [
    { verb: 'approve', name: 'Approve', asks: 'comment' },
    { verb: 'request-changes', name: 'Request changes', asks: 'comment' },
    archive,
  ],
  blocked: [{ verb: 'unblock', name: 'Unblock' }, retry, complete, schedule, archive],
  scheduled: [{ verb: 'unblock', name: 'Release' }, archive],
  done: [{ verb: 'reopen', name: 'Reopen' }, archive],
  failed: [retry, archive],
  archived: [{ verb: 'restore', name: 'Restore' }],
};

/** Without those that are offered already, beside what is wrong with the task. */
export function movesFrom(status: TaskState, offered: Schema['Remedy'][] = []): Move[] {
  const verbs: string[] = offered.map((remedy) => remedy.replace('_', '-'));
  return MOVES[status].filter(({ verb }) => !verbs.includes(verb));
}

export interface Said {
  /** What was typed, for the words that the move asks for. */
  text: string;
  /** Takes the task back from the worker who has it. */
  reclaim: boolean;
  /** Over what stands in the way: tasks that it waits for. */
  force?: boolean;
}

type Body = Partial<Schema['HandTaskOver'] & Schema['BlockTask'] & Schema['ScheduleTask']> &
  Partial<Schema['JudgeTask'] & Schema['PromoteTask']>;

export async function moveTask(id: string, move: Move, said: Said): Promise<Task> {
  const path = `/api/tasks/{id}/${move.verb}` as const;
  const params = { path: { id } };
  const moved = await take(client.POST(path, { params, body: bodyOf(move, said) }));
  return 'task' in moved ? moved.task : moved;
}

function bodyOf({ verb, asks }: Move, { text, reclaim, force }: Said): Body {
  const takesBack = ['archive', 'block', 'complete', 'review', 'schedule'].includes(verb);
  return {
    ...(asks && text.trim() ? sentence(asks, text.trim()) : {}),
    ...(takesBack && reclaim ? { reclaim_first: true } : {}),
    ...(verb === 'promote' && force ? { force } : {}),
  };
}

function sentence(asks: Words, text: string) {
  switch (asks) {
    case 'reason':
      return { reason: text };
    case 'summary':
      return { summary: text };
    case 'comment':
      return { comment: text };
    case 'time':
      return { not_before: new Date(text).toISOString() };
  }
}

/** What is asked before cards are put into a column. */
export function wordsFor(to: TaskState): Words | undefined {
  const asked: Partial<Record<TaskState, Words>> = {
    blocked: 'reason',
    done: 'summary',
    review: 'summary',
    scheduled: 'time',
  };
  return asked[to];
}

/** The same, as an update says it that puts tasks there. */
export function sentenceFor(to: TaskState, text: string): Schema['TaskPatch'] {
  const asks = wordsFor(to);
  if (asks === 'reason') return { block_reason: text };
  return asks ? sentence(asks, text) : {};
}
