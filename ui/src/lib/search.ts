// One question over everything that is kept.

import { client, take, type Schema } from './api';

export type Found = Schema['Found'];

export function search(q: string): Promise<Found[]> {
  return take(client.GET('/api/search', { params: { query: { q, limit: 20 } } }));
}

/** Where a find is shown. */
export function foundPath(found: Found): string | undefined {
  switch (found.kind) {
    case 'ticket':
      return `/tickets/${found.id}`;
    case 'run':
      return `/runs/${found.id}`;
    case 'task':
      return `/tasks/${found.id}`;
    default:
      return undefined;
  }
}
