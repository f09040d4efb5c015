// Tasks: every use case of their page.

import { client, take, takePage, type Page, type Schema } from './api';

export type Task = Schema['Task'];
export type TaskState = Schema['TaskState'];
export type TaskDetail = Schema['TaskDetail'];
export type TaskPatch = Schema['TaskPatch'];
export type NewTask = Schema['NewTask'];
export type TaskCreated = Schema['TaskCreated'];
export type Comment = Schema['Comment'];
export type TaskWhy = Schema['TaskWhy'];

/** In the order in which boards show them. */
export const TASK_STATES: TaskState[] = [
  'triage',
  'todo',
  'ready',
  'running',
  'waiting',
  'review',
  'blocked',
  'scheduled',
  'done',
  'failed',
  'archived',
];

export function getTask(id: string): Promise<TaskDetail> {
  return take(client.GET('/api/tasks/{id}', { params: { path: { id } } }));
}

export function createTask(task: NewTask, key: string): Promise<TaskCreated> {
  return take(client.POST('/api/tasks', { body: task, headers: { 'Idempotency-Key': key } }));
}

export function updateTask(id: string, patch: TaskPatch): Promise<Task> {
  return take(client.PATCH('/api/tasks/{id}', { params: { path: { id } }, body: patch }));
}

/** Deletes it for good; a run of it is cancelled. */
export function deleteTask(id: string): Promise<unknown> {
  return take(client.DELETE('/api/tasks/{id}', { params: { path: { id } } }));
}

/** What keeps it from being worked on. */
export function whyNot(id: string): Promise<TaskWhy> {
  return take(client.GET('/api/tasks/{id}/why', { params: { path: { id } } }));
}

export function addTaskComment(task: string, body: string, key: string): Promise<Comment> {
  return take(
    client.POST('/api/tasks/{id}/comments', {
      params: { path: { id: task } },
      body: { body },
      headers: { 'Idempotency-Key': key },
    }),
  );
}

/** Lets one task wait for another. */
export function linkTasks(parent: string, child: string): Promise<unknown> {
  return take(client.POST('/api/links', { body: { parent_id: parent, child_id: child } }));
}

export function unlinkTasks(parent: string, child: string): Promise<unknown> {
  const query = { parent_id: parent, child_id: child };
  return take(client.DELETE('/api/links', { params: { query } }));
}

/** Tasks of a project that hold a text, to choose one of them. */
export function findTasks(project: string, q: string): Promise<Page<Task>> {
  const query = { project, q, limit: 10 };
  return takePage(client.GET('/api/tasks', { params: { query } }));
}

/** Whether nothing more is to be done about it. */
export function isOver(status: TaskState): boolean {
  return status === 'done' || status === 'archived' || status === 'failed';
}

/** Whether other tasks may go on that wait for it. */
export function letsChildrenGo(status: TaskState): boolean {
  return status === 'done' || status === 'archived';
}

/** How long a task took once it is over, and how long it has been worked on while it runs; else neither. */
export function spanOf(
  task: Pick<Task, 'status' | 'status_since' | 'started_at' | 'finished_at'>,
): { name: string; started_at: string; ended_at?: string } | undefined {
  const { status, started_at, finished_at } = task;
  // An earlier attempt may have begun long ago.
  if (status === 'running') return { name: 'Running for', started_at: task.status_since };
  if (!isOver(status) || !started_at || !finished_at) return undefined;
  return { name: 'Took', started_at, ended_at: finished_at };
}
