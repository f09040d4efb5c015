// When work is handed out: by the server, by a project, or once by hand.

import { client, take, type Schema } from './api';

export type Dispatched = Schema['Dispatched'];

/** Hands out no more work, in no project; what runs goes on. */
export function pauseDaemon(): Promise<unknown> {
  return take(client.POST('/api/daemon/pause'));
}

export function resumeDaemon(): Promise<unknown> {
  return take(client.POST('/api/daemon/resume'));
}

/** Hands out no more of a project's work; what runs goes on. */
export function pauseProject(project: string): Promise<unknown> {
  return changeLoop(project, 'paused');
}

export function resumeProject(project: string): Promise<unknown> {
  return changeLoop(project, 'running');
}

function changeLoop(project: string, state: 'paused' | 'running'): Promise<unknown> {
  const path = { project };
  return take(client.PUT('/api/projects/{project}/loop', { params: { path }, body: { state } }));
}

/** Offers the ready tasks of a project once to the workers that wait, also while it is paused. */
export function triggerProject(project: string): Promise<Dispatched> {
  const path = { project };
  return take(client.POST('/api/projects/{project}/trigger', { params: { path } }));
}

/** What came of it, in a line: how many were taken, or why none was. */
export function cameOf({ dispatched, skipped }: Dispatched): string {
  if (dispatched.length > 0) return `Dispatched ${dispatched.length}.`;
  if (skipped.length === 0) return 'No tasks ready.';
  const reasons = new Set(skipped.map(({ detail }) => detail));
  const [first, ...others] = reasons;
  const more = others.length > 0 ? ` (and ${others.length} other reasons)` : '';
  return `No tasks ready: ${first}${more}.`;
}
