// Cards for tests.

import type { Card } from './cards';

export function card(id: string, over: Partial<Card> = {}): Card {
  return {
    id,
    project_id: 'p',
    sequence: 1,
    title: id,
    status: 'ready',
    priority: 0,
    skills: [],
    human_gate: false,
    failure_count: 0,
    stale: false,
    cost_usd: 0,
    unpriced_calls: 0,
    created_at: '2026-01-01T00:00:00Z',
    updated_at: '2026-01-01T00:00:00Z',
    version: 1,
    age: { created_age_seconds: 0 },
    link_counts: { parents: 0, children: 0 },
    comment_count: 0,
    ...over,
  };
}
