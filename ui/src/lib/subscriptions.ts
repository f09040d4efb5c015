// Subscriptions: tasks whose occasions are told to the home channel of a platform.

import { client, take, type Schema } from './api';
import type { Platform } from './channels';

export type HomeChannel = Schema['HomeChannel'];

/** The homes that there are, each with whether a task is subscribed to it. */
export async function listHomes(task: string): Promise<HomeChannel[]> {
  const query = { task_id: task };
  return (await take(client.GET('/api/home-channels', { params: { query } }))).home_channels;
}

/** A second time changes nothing. */
export function subscribe(task: string, platform: Platform): Promise<unknown> {
  return take(client.POST(HOME, { params: { path: { id: task, platform } } }));
}

/** A second time changes nothing. */
export function unsubscribe(task: string, platform: Platform): Promise<unknown> {
  return take(client.DELETE(HOME, { params: { path: { id: task, platform } } }));
}

const HOME = '/api/tasks/{id}/home-subscribe/{platform}';
