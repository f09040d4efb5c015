// Tokens: what programs and people prove themselves with. The secret is shown once, when one is made.

import { client, take, takePage, type Page, type Schema } from './api';

export type Token = Schema['Token'];
export type TokenCreated = Schema['TokenCreated'];
export type Scope = Schema['Scope'];

/** With what each allows, the least first. */
export const SCOPES: [scope: Scope, what: string][] = [
  ['read', 'see everything'],
  ['report', 'report runs, logs, calls and events; work on tasks'],
  ['operate', 'change tickets, tasks and projects; answer, approve, cancel'],
  ['admin', 'manage tokens, users and channels; includes all others'],
];

/** What a person chose for a new one. */
export interface TokenDraft {
  name: string;
  scopes: Scope[];
  /** The slug of the only project that it reaches; all when empty. */
  project: string;
  /** It works for so many days; for ever when empty. */
  days: number | null;
}

/** Newest first. */
export function listTokens(cursor?: string, limit = 100): Promise<Page<Token>> {
  return takePage(client.GET('/api/tokens', { params: { query: { cursor, limit } } }));
}

export function createToken(draft: TokenDraft, now: number): Promise<TokenCreated> {
  const body = {
    name: draft.name.trim(),
    scopes: draft.scopes,
    project: draft.project || undefined,
    expires_at: expiry(draft.days, now),
  };
  return take(client.POST('/api/tokens', { body }));
}

/** It no longer opens anything, and logins made by it end. */
export function revokeToken(id: string): Promise<unknown> {
  return take(client.DELETE('/api/tokens/{id}', { params: { path: { id } } }));
}

const DAY_MS = 86_400_000;

/** The moment after so many days; nothing when it is not to end. */
export function expiry(days: number | null, now: number): string | undefined {
  return days ? new Date(now + days * DAY_MS).toISOString() : undefined;
}

export type TokenState = 'valid' | 'expired' | 'revoked';

export function stateOf(token: Pick<Token, 'revoked_at' | 'expires_at'>, now: number): TokenState {
  if (token.revoked_at) return 'revoked';
  return token.expires_at && Date.parse(token.expires_at) <= now ? 'expired' : 'valid';
}
