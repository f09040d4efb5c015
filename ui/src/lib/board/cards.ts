// Cards of a board: what they are, in which order they stand, and how long they have been there.

import { client, take, takePage, type Page, type Schema } from '../api';
import { compact } from '../query';
import type { Task, TaskDetail, TaskState } from '../tasks';

export type Board = Schema['Board'];
export type Card = Schema['Card'];

export interface BoardFilter {
  tenant: string;
  assignee: string;
  q: string;
  archived: boolean;
}

/** The first cards of every column, and how many there are. */
export function getBoard(project: string, filter: BoardFilter, most: number): Promise<Board> {
  const { archived, ...words } = filter;
  const query = compact({
    ...words,
    include_archived: archived || undefined,
    limit_per_column: most,
  });
  return take(
    client.GET('/api/projects/{project}/board', { params: { path: { project }, query } }),
  );
}

/** How one column goes on. */
export function listCards(
  project: string,
  status: TaskState,
  filter: BoardFilter,
  cursor: string,
  limit: number,
): Promise<Page<Card>> {
  const { archived: _, ...words } = filter;
  const query = compact({ ...words, cursor, limit });
  const path = { project, status };
  return takePage(
    client.GET('/api/projects/{project}/board/{status}', { params: { path, query } }),
  );
}

/** What a card shows of a task that was looked up by itself. */
export function cardOf(detail: TaskDetail, children: Pick<Task, 'status'>[]): Card {
  const { task, links, runs } = detail;
  const done = children.filter((child) => child.status === 'done').length;
  const said = runs.find((run) => run.summary != null);
  return {
    ...task,
    age: { created_age_seconds: 0 },
    link_counts: { parents: links.parents.length, children: links.children.length },
    comment_count: detail.comments.length,
    progress: links.children.length > 0 ? { done, total: links.children.length } : null,
    latest_summary: said?.summary?.slice(0, 300),
    diagnostics: summaryOf(detail.diagnostics),
  };
}

/** In short, as boards have it: the worst comes first. */
function summaryOf(found: TaskDetail['diagnostics']): Card['diagnostics'] {
  const [worst] = found;
  return worst && { severity: worst.severity, count: found.length };
}

const ENDED: TaskState[] = ['done', 'failed', 'archived'];

/** As the server does it: what is to be done by priority and age, what has ended latest first. */
export function compareCards(a: Card, b: Card): number {
  if (ENDED.includes(a.status) && a.finished_at && b.finished_at) {
    return byText(b.finished_at, a.finished_at) || byText(b.id, a.id);
  }
  return b.priority - a.priority || byText(a.created_at, b.created_at) || byText(a.id, b.id);
}

function byText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

export type Tier = 'fresh' | 'late' | 'stale';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
/** After so long without a change somebody should look, and after so long somebody must. */
const LIMITS: Partial<Record<TaskState, [late: number, stale: number]>> = {
  ready: [HOUR, DAY],
  running: [10 * MINUTE, HOUR],
  blocked: [HOUR, DAY],
  todo: [7 * DAY, 30 * DAY],
};

export function tier(card: Pick<Card, 'status' | 'updated_at'>, now: number): Tier {
  const [late, stale] = LIMITS[card.status] ?? [Infinity, Infinity];
  const age = now - Date.parse(card.updated_at);
  if (age >= stale) return 'stale';
  return age >= late ? 'late' : 'fresh';
}

/** Columns that a card comes to by a run alone. */
const BY_RUNS: TaskState[] = ['running', 'waiting', 'failed'];

export function takesCards(status: TaskState): boolean {
  return !BY_RUNS.includes(status);
}

/** Columns whose cards have a worker now. */
export function hasWorker(status: TaskState): boolean {
  return status === 'running' || status === 'waiting';
}

/** A row of a column: a card, or the name of a lane above its cards. */
export type BoardRow =
  { key: string; card: Card; lane?: undefined } | { key: string; lane: string; count: number };

/** Columns that are shown in lanes: there every card is somebody's. */
const IN_LANES: TaskState[] = ['running', 'waiting', 'review'];

/** The cards as they stand in it, from top to bottom. */
export function inOrder(status: TaskState, cards: Card[], lanes: boolean): Card[] {
  return rowsOf(status, cards, lanes).flatMap((row) => (row.lane === undefined ? [row.card] : []));
}

export function rowsOf(status: TaskState, cards: Card[], lanes: boolean): BoardRow[] {
  const row = (card: Card): BoardRow => ({ key: card.id, card });
  if (!lanes || !IN_LANES.includes(status)) return cards.map(row);
  const names = [...new Set(cards.map((card) => card.assignee ?? ''))].sort();
  return names.flatMap((name) => {
    const own = cards.filter((card) => (card.assignee ?? '') === name);
    return [{ key: `lane ${name}`, lane: name, count: own.length }, ...own.map(row)];
  });
}
