import { expect, test } from 'vitest';
import { editOf, newOf, type TaskDraft } from './task-draft';

const draft: TaskDraft = {
  title: 'Bake',
  body: '',
  assignee: ' ',
  priority: 3,
  tenant: '',
  skills: ['oven'],
  human_gate: false,
  max_retries: 2,
  max_runtime_seconds: null,
  triage: false,
};

test('an edit takes away what was left empty', () => {
  expect(editOf(draft)).toMatchObject({ assignee: '', tenant: null, max_runtime_seconds: null });
  expect(editOf(draft)).not.toHaveProperty('triage');
});

test('a new task says nothing about what was left empty', () => {
  const made = newOf({ ...draft, triage: true }, 'shop');
  expect([made.assignee, made.tenant, made.max_runtime_seconds]).toEqual([
    undefined,
    undefined,
    undefined,
  ]);
  expect(made).toMatchObject({ project: 'shop', priority: 3, triage: true });
});
