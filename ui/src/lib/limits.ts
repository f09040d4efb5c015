// How many tasks may run at once, whatever the project.

import { client, take, type Schema } from './api';

export type Limits = Schema['Limits'];

export function getLimits(): Promise<Limits> {
  return take(client.GET('/api/limits'));
}

/** What is absent has no limit. What runs beyond goes on. */
export function setLimits(limits: Limits): Promise<Limits> {
  return take(client.PUT('/api/limits', { body: limits }));
}
