// Remedies: what may help a task, and how a person does it.

import { client, take, type Schema } from './api';
import { moveTask } from './task-moves';
import { addTaskComment, updateTask } from './tasks';

export type Remedy = Schema['Remedy'];

/** What is asked before something is done. */
export interface Asks {
  label: string;
  hint?: string;
  /** One line instead of many. */
  short?: boolean;
  required?: boolean;
}

export interface Deed {
  name: string;
  /** The key that does it in lists. */
  key?: string;
  asks?: Asks;
  /** Takes something from somebody, so that it is confirmed. */
  danger?: boolean;
}

const may = 'Kept as a comment; may stay empty';

/** Those that change the task; the others only show something. */
export const DEEDS = {
  retry: { name: 'Retry', key: 'r' },
  unblock: { name: 'Unblock', key: 'u' },
  approve: {
    name: 'Approve',
    key: 'a',
    asks: { label: 'What is to be said about it?', hint: may },
  },
  request_changes: {
    name: 'Request changes',
    key: 'x',
    asks: { label: 'What is to be changed?', hint: 'The next worker reads it', required: true },
  },
  reassign: {
    name: 'Reassign',
    asks: { label: 'To which agent profile?', hint: 'Anyone may take it, if empty', short: true },
  },
  comment: { name: 'Comment', asks: { label: 'What is to be said about it?', required: true } },
  reclaim: {
    name: 'Take back',
    key: 't',
    asks: { label: 'Why?', hint: 'Its worker is told to stop' },
    danger: true,
  },
} satisfies Partial<Record<Remedy, Deed>>;

export type Change = keyof typeof DEEDS;

export function deedOf(remedy: Remedy): Deed | undefined {
  return (DEEDS as Partial<Record<Remedy, Deed>>)[remedy];
}

/** Does it. `text` is what was said where something was asked. */
export async function help(task: string, what: Change, text: string, key: string): Promise<void> {
  const said = { text, reclaim: false };
  switch (what) {
    case 'retry':
    case 'unblock':
      await moveTask(task, { verb: what, name: what }, said);
      break;
    case 'approve':
      await moveTask(task, { verb: 'approve', name: what, asks: 'comment' }, said);
      break;
    case 'request_changes':
      await moveTask(task, { verb: 'request-changes', name: what, asks: 'comment' }, said);
      break;
    case 'reassign':
      await updateTask(task, { assignee: text.trim() });
      break;
    case 'comment':
      await addTaskComment(task, text, key);
      break;
    case 'reclaim':
      await reclaimTask(task, text.trim());
  }
}

function reclaimTask(id: string, reason: string): Promise<unknown> {
  const body = reason ? { reason } : {};
  return take(client.POST('/api/tasks/{id}/reclaim', { params: { path: { id } }, body }));
}
