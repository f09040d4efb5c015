import { expect, test } from 'vitest';
import { stateOf, type WorkerCard } from './workers';

const worker = (over: Partial<WorkerCard>) =>
  ({ draining: false, current_runs: [], ...over }) as WorkerCard;
const run = { run_id: 'r', title: 'bake' };

test('a worker is gone before it is draining, and draining before it is at work', () => {
  for (const [over, state] of [
    [{}, 'idle'],
    [{ current_runs: [run] }, 'active'],
    [{ current_runs: [run], draining: true }, 'draining'],
    [{ draining: true, left_at: '2026-01-01T00:00:00Z' }, 'left'],
  ] as const) {
    expect(stateOf(worker(over as Partial<WorkerCard>))).toBe(state);
  }
});
