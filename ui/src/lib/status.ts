// How the server is, and what is being worked on.

import { client, take, type Schema } from './api';

export type Status = Schema['Status'];
export type ActivePipeline = Schema['ActivePipeline'];

export function getStatus(): Promise<Status> {
  return take(client.GET('/api/status'));
}

export function listPipelines(): Promise<ActivePipeline[]> {
  return take(client.GET('/api/pipeline/active'));
}
