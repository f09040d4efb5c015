// Users: people who log in with a name and a password.

import { client, Failure, take, takePage, type Page, type Schema } from './api';
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

/** An edit that began with one version. Where somebody else was faster, the next one goes over theirs, knowingly. */
export class UserEdit {
  #version: number;

  constructor(readonly user: User) {
    this.#version = user.version;
  }

  async save(draft: UserDraft): Promise<void> {
    const path = { id: this.user.id };
    const body = { ...editOf(this.user, draft), version: this.#version };
    try {
      await take(client.PATCH('/api/users/{id}', { params: { path }, body }));
    } catch (cause) {
      const { status, problem } = Failure.of(cause);
      if (status === 409) this.#version = versionOf(problem?.current) ?? this.#version;
      throw cause;
    }
  }
}

/** Of the user as it is now, which comes with the refusal: there is no other way to ask for one. */
function versionOf(current: unknown): number | undefined {
  return (current as Partial<User> | undefined)?.version;
}

/** Only what was changed: another password and other scopes end the person's logins. */
export function editOf(user: User, { password, scopes, disabled }: UserDraft): UserPatch {
  const same = scopes.toSorted().join() === user.scopes.toSorted().join();
  return {
    password: password || undefined,
    scopes: same ? undefined : scopes,
    disabled: disabled === user.disabled ? undefined : disabled,
  };
}

export function deleteUser(id: string): Promise<unknown> {
  return take(client.DELETE('/api/users/{id}', { params: { path: { id } } }));
}
