import { expect, test } from 'vitest';
import { draftOf, editOf, newOf } from './task-draft';

const draft = { ...draftOf(undefined, 'Bake'), assignee: ' ', priority: 3, skills: ['oven'] };
const sent = (body: object) => JSON.parse(JSON.stringify(body)) as unknown;

test('an edit takes away what was left empty, and leaves what is settled once', () => {
  expect(
    sent(editOf({ ...draft, parents: [{ id: '1', title: 'Knead' }] } as typeof draft)),
  ).toEqual({
    title: 'Bake',
    body: '',
    assignee: '',
    priority: 3,
    tenant: null,
    skills: ['oven'],
    human_gate: false,
    max_retries: 2,
    max_runtime_seconds: null,
    workspace_kind: 'scratch',
    workspace_path: null,
    branch_name: null,
  });
});

test('a new task says nothing about what was left empty', () => {
  expect(sent(newOf(draft, 'shop'))).toEqual({
    project: 'shop',
    title: 'Bake',
    body: '',
    priority: 3,
    skills: ['oven'],
    human_gate: false,
    max_retries: 2,
    workspace_kind: 'scratch',
    parents: [],
  });
});

test.each([
  ['scratch', undefined, undefined],
  ['dir', '/srv/shop', undefined],
  ['worktree', '/srv/shop', 'oven'],
] as const)('a workspace of kind %s has what belongs to it', (workspace_kind, path, branch) => {
  const typed = { ...draft, workspace_kind, workspace_path: '/srv/shop ', branch_name: ' oven' };
  const made = newOf(typed, 'shop');
  expect([made.workspace_path, made.branch_name]).toEqual([path, branch]);
  const edit = editOf(typed);
  expect(edit.workspace_kind).toBe(workspace_kind);
  expect([edit.workspace_path, edit.branch_name]).toEqual([path ?? null, branch ?? null]);
});

test('a local time is told as a moment', () => {
  const { not_before } = newOf({ ...draft, not_before: '2026-11-21T10:00' }, 'shop');
  expect(Date.parse(not_before ?? '')).toBe(new Date('2026-11-21T10:00').getTime());
});
