// Sessions: the conversations of agents, as they name them themselves.

import { client, take, type Schema } from './api';

export type Session = Schema['Session'];

export function getSession(id: string): Promise<Session> {
  return take(client.GET('/api/sessions/{id}', { params: { path: { id } } }));
}
