// Workers: who takes tasks, and how one stops them from taking more.

import { client, take, takePage, type Page, type Schema } from './api';
import { compact } from './query';

export type WorkerCard = Schema['WorkerCard'];

export function listWorkers(
  withLeft: boolean,
  cursor?: string,
  limit = 100,
): Promise<Page<WorkerCard>> {
  const query = compact({ include_left: withLeft || undefined, cursor, limit });
  return takePage(client.GET('/api/workers', { params: { query } }));
}

/** Lets a worker finish what it has and take nothing more. */
export function drainWorker(id: string): Promise<unknown> {
  return take(client.POST('/api/workers/{id}/drain', { params: { path: { id } } }));
}

/** Lets it take tasks again. */
export function resumeWorker(id: string): Promise<unknown> {
  return take(client.POST('/api/workers/{id}/resume', { params: { path: { id } } }));
}

export type WorkerState = 'idle' | 'active' | 'draining' | 'left';

export function stateOf(worker: WorkerCard): WorkerState {
  if (worker.left_at) return 'left';
  if (worker.draining) return 'draining';
  return worker.current_runs.length > 0 ? 'active' : 'idle';
}
