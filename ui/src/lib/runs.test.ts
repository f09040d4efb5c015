import { expect, test } from 'vitest';
import { attempts, elapsed, groupRuns, stepTree, type Run, type Step } from './runs';

function run(id: string, over: Partial<Run> = {}): Run {
  return { id, state: 'running', ...over } as Run;
}

function step(id: string, sequence: number, parent?: string): Step {
  return { id, sequence, parent_step_id: parent } as Step;
}

test('runs of a task stand together, where the newest of them stood', () => {
  const runs = [run('4'), run('3', { task_id: 't' }), run('2'), run('1', { task_id: 't' })];
  const ids = groupRuns(runs).map((group) => [group.task, group.runs.map((run) => run.id)]);
  expect(ids).toEqual([
    [undefined, ['4']],
    ['t', ['3', '1']],
    [undefined, ['2']],
  ]);
});

test('a child run follows its parent', () => {
  const runs = [run('child', { parent_run_id: 'main' }), run('other'), run('main')];
  expect(groupRuns(runs).map((group) => group.runs.map((run) => run.id))).toEqual([
    ['main', 'child'],
    ['other'],
  ]);
});

test('an attempt is a run with those that it started', () => {
  const runs = [
    run('2', { task_id: 't' }),
    run('1', { task_id: 't' }),
    run('2a', { task_id: 't', parent_run_id: '2' }),
  ];
  const [group] = groupRuns(runs);
  expect(attempts(group!).map((runs) => runs.map((run) => run.id))).toEqual([['2', '2a'], ['1']]);
});

test('a child whose parent is on another page stands alone', () => {
  expect(groupRuns([run('child', { parent_run_id: 'gone' })])).toHaveLength(1);
});

test('steps are read depth first, each level in its order', () => {
  const steps = [
    step('b', 3),
    step('a2', 4, 'a'),
    step('a', 1),
    step('a1', 2, 'a'),
    step('lost', 5, 'gone'),
  ];
  expect(stepTree(steps).map((node) => [node.step.id, node.depth, node.children])).toEqual([
    ['a', 0, 2],
    ['a1', 1, 0],
    ['a2', 1, 0],
    ['b', 0, 0],
    ['lost', 0, 0],
  ]);
});

test('what is open lasts until now', () => {
  const now = Date.parse('2026-01-01T00:01:00Z');
  expect(elapsed({ started_at: '2026-01-01T00:00:00Z' }, now)).toBe(60_000);
  expect(
    elapsed({ started_at: '2026-01-01T00:00:00Z', ended_at: '2026-01-01T00:00:05Z' }, now),
  ).toBe(5000);
  expect(elapsed({ started_at: null }, now)).toBeUndefined();
});
