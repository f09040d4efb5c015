// What a person typed about a task, made into what the server is told.

import type { NewTask, TaskPatch } from './tasks';

export interface TaskDraft {
  title: string;
  body: string;
  assignee: string;
  priority: number;
  tenant: string;
  skills: string[];
  human_gate: boolean;
  max_retries: number;
  max_runtime_seconds: number | null;
  triage: boolean;
}

/** Fields that were left empty are taken away. */
export function editOf(draft: TaskDraft): TaskPatch {
  const { triage: _, ...fields } = draft;
  return {
    ...fields,
    assignee: draft.assignee.trim(),
    tenant: draft.tenant.trim() || null,
    max_runtime_seconds: draft.max_runtime_seconds || null,
  };
}

/** Fields that were left empty are left out. */
export function newOf(draft: TaskDraft, project: string): NewTask {
  return {
    ...draft,
    project,
    assignee: draft.assignee.trim() || undefined,
    tenant: draft.tenant.trim() || undefined,
    max_runtime_seconds: draft.max_runtime_seconds || undefined,
  };
}
