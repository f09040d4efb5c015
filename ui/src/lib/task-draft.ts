// What a person typed about a task, made into what the server is told.

import type { NewTask, Task, TaskPatch } from './tasks';

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
  workspace_kind: Task['workspace_kind'];
  workspace_path: string;
  branch_name: string;
}

/** What is settled once, when a task is made. */
export interface NewTaskDraft extends TaskDraft {
  /** As a field for local times has it. */
  not_before: string;
  /** Tasks that it waits for. */
  parents: Pick<Task, 'id' | 'title'>[];
}

/** What is typed into at first. */
export function draftOf(task?: Task, title = ''): NewTaskDraft {
  return {
    title: task?.title ?? title,
    body: task?.body ?? '',
    assignee: task?.assignee ?? '',
    priority: task?.priority ?? 0,
    tenant: task?.tenant ?? '',
    skills: task?.skills ?? [],
    human_gate: task?.human_gate ?? false,
    max_retries: task?.max_retries ?? 2,
    max_runtime_seconds: task?.max_runtime_seconds ?? null,
    workspace_kind: task?.workspace_kind ?? 'scratch',
    workspace_path: task?.workspace_path ?? '',
    branch_name: task?.branch_name ?? '',
    not_before: '',
    parents: [],
  };
}

/** Fields that were left empty, or mean nothing for its workspace, are taken away. */
export function editOf(draft: TaskDraft): TaskPatch {
  const { path, branch } = placeOf(draft);
  return {
    ...fieldsOf(draft),
    assignee: draft.assignee.trim(),
    tenant: draft.tenant.trim() || null,
    max_runtime_seconds: draft.max_runtime_seconds || null,
    workspace_path: path || null,
    branch_name: branch || null,
  };
}

/** Fields that were left empty, or mean nothing for its workspace, are left out. */
export function newOf(draft: NewTaskDraft, project: string): NewTask {
  const { path, branch } = placeOf(draft);
  return {
    ...fieldsOf(draft),
    project,
    assignee: draft.assignee.trim() || undefined,
    tenant: draft.tenant.trim() || undefined,
    max_runtime_seconds: draft.max_runtime_seconds || undefined,
    workspace_path: path || undefined,
    branch_name: branch || undefined,
    not_before: draft.not_before ? new Date(draft.not_before).toISOString() : undefined,
    parents: draft.parents.map(({ id }) => id),
  };
}

function fieldsOf(draft: TaskDraft) {
  const { title, body, priority, skills, human_gate, max_retries, workspace_kind } = draft;
  return { title, body, priority, skills, human_gate, max_retries, workspace_kind };
}

/** What of the path and the branch belongs to a workspace of this kind. */
function placeOf({ workspace_kind: kind, workspace_path, branch_name }: TaskDraft) {
  return {
    path: kind === 'scratch' ? '' : workspace_path.trim(),
    branch: kind === 'worktree' ? branch_name.trim() : '',
  };
}
