// Runs and their steps: every use case of their pages.

import { client, take, takePage, type Page, type Schema } from './api';
import { compact, list } from './query';

export type Run = Schema['Run'];
export type RunState = Schema['RunState'];
export type RunDetail = Schema['RunDetail'];
export type Step = Schema['Step'];

export const RUN_STATES: RunState[] = [
  'pending',
  'running',
  'waiting',
  'parked',
  'succeeded',
  'failed',
  'cancelled',
  'interrupted',
];

export interface RunFilter {
  state: string;
  project: string;
  agent: string;
  ticket?: string;
  task?: string;
}

export function listRuns(
  filter: Partial<RunFilter>,
  cursor?: string,
  limit = 100,
): Promise<Page<Run>> {
  const query = compact({ ...filter, state: list<RunState>(filter.state), cursor, limit });
  return takePage(client.GET('/api/runs', { params: { query } }));
}

export function getRun(id: string): Promise<RunDetail> {
  return take(client.GET('/api/runs/{id}', { params: { path: { id } } }));
}

export function cancelRun(id: string): Promise<unknown> {
  return take(client.POST('/api/runs/{id}/cancel', { params: { path: { id } } }));
}

export function isOpen(run: Pick<Run, 'state'>): boolean {
  return ['pending', 'running', 'waiting', 'parked'].includes(run.state);
}

/** From start to end, or to now; nothing before the start. */
export function elapsed(
  span: { started_at?: string | null; ended_at?: string | null },
  now: number,
): number | undefined {
  if (!span.started_at) return undefined;
  const end = span.ended_at ? Date.parse(span.ended_at) : now;
  return Math.max(0, end - Date.parse(span.started_at));
}

/** Runs of one task, newest first; runs without a task stand alone. */
export interface RunGroup {
  task?: string;
  runs: Run[];
}

/** Groups by task in the order of the first run of each, children under their parents. */
export function groupRuns(runs: Run[]): RunGroup[] {
  const groups = new Map<string, RunGroup>();
  for (const run of runs) {
    const key = run.task_id ?? rootOf(run, runs);
    const group = groups.get(key) ?? { task: run.task_id ?? undefined, runs: [] };
    group.runs.push(run);
    groups.set(key, group);
  }
  return [...groups.values()].map((group) => ({ ...group, runs: nest(group.runs) }));
}

/** The attempts at a task, latest first: each a run with those that it started. */
export function attempts(group: RunGroup): Run[][] {
  const tops: Run[][] = [];
  for (const run of group.runs) {
    if (depthOf(run, group.runs) === 0 || tops.length === 0) tops.push([run]);
    else tops.at(-1)?.push(run);
  }
  return tops;
}

/** How deep a run stands below others of the list. */
export function depthOf(run: Run, runs: Run[]): number {
  const parent = runs.find((other) => other.id === run.parent_run_id);
  return parent ? 1 + depthOf(parent, runs) : 0;
}

function rootOf(run: Run, runs: Run[]): string {
  const parent = runs.find((other) => other.id === run.parent_run_id);
  return parent ? rootOf(parent, runs) : run.id;
}

function nest(runs: Run[]): Run[] {
  const ids = new Set(runs.map((run) => run.id));
  const below = (parent: Run): Run[] =>
    runs.filter((run) => run.parent_run_id === parent.id).flatMap((run) => [run, ...below(run)]);
  const tops = runs.filter((run) => !run.parent_run_id || !ids.has(run.parent_run_id));
  return tops.flatMap((run) => [run, ...below(run)]);
}

export interface StepNode {
  step: Step;
  depth: number;
  children: number;
}

/** Steps as a tree, written down in the order in which it is read. */
export function stepTree(steps: Step[]): StepNode[] {
  const ids = new Set(steps.map((step) => step.id));
  const below = new Map<string, Step[]>();
  for (const step of steps.toSorted((a, b) => a.sequence - b.sequence)) {
    const parent = step.parent_step_id && ids.has(step.parent_step_id) ? step.parent_step_id : '';
    below.set(parent, [...(below.get(parent) ?? []), step]);
  }
  const walk = (parent: string, depth: number): StepNode[] =>
    (below.get(parent) ?? []).flatMap((step) => [
      { step, depth, children: below.get(step.id)?.length ?? 0 },
      ...walk(step.id, depth + 1),
    ]);
  return walk('', 0);
}
