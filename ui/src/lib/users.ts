// Users: people who log in with a name and a password.

import { client, take, takePage, type Page, type Schema } from './api';
import type { Scope } from './tokens';

export type User = Schema['User'];
type UserPatch = Schema['UserPatch'];

/** What a person typed about a user. */
export interface UserDraft {
  name: string;
  /** Stays what it was when empty. */
  password: string;
  scopes: Scope[];
  disabled: boolean;
}

export function listUsers(cursor?: string, limit = 100): Promise<Page<User>> {
  return takePage(client.GET('/api/users', { params: { query: { cursor, limit } } }));
}

export function createUser({ name, password, scopes }: UserDraft): Promise<User> {
  return take(client.POST('/api/users', { body: { name: name.trim(), password, scopes } }));
}

export function updateUser(user: User, draft: UserDraft): Promise<User> {
  const path = { id: user.id };
  return take(client.PATCH('/api/users/{id}', { params: { path }, body: editOf(user, draft) }));
}

/** Only what was changed: another password and other scopes end the person's logins. */
export function editOf(user: User, { password, scopes, disabled }: UserDraft): UserPatch {
  const same = scopes.toSorted().join() === user.scopes.toSorted().join();
  return {
    password: password || undefined,
    scopes: same ? undefined : scopes,
    disabled: disabled === user.disabled ? undefined : disabled,
    version: user.version,
  };
}

export function deleteUser(id: string): Promise<unknown> {
  return take(client.DELETE('/api/users/{id}', { params: { path: { id } } }));
}
