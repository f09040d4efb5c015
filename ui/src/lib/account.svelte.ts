// Who is logged in here, and how one logs in and out.

import { client, Failure, take, useCsrfToken, type Schema } from './api';

export type Me = Schema['Me'];

export type Login = { token: string } | { user: string; password: string } | { code: string };

export class Account {
  #me = $state.raw<Me | null>();
  #failure = $state.raw<Failure>();
  #expired = $state(false);

  /** `undefined` before the server was asked, `null` when nobody is logged in. */
  get me(): Me | null | undefined {
    return this.#me;
  }

  /** Why the server could not be asked. */
  get failure(): Failure | undefined {
    return this.#failure;
  }

  /** Whether the server no longer knows us, while a page is open in which something may have been typed. */
  get expired(): boolean {
    return this.#expired;
  }

  /** The slug of the project that this person works on, or an empty text. */
  get project(): string {
    return this.#me?.current_project ?? '';
  }

  get mayAdmin(): boolean {
    return this.#may('admin');
  }

  get mayOperate(): boolean {
    return this.#may('operate');
  }

  async load(): Promise<void> {
    try {
      this.#set(await take(client.GET('/api/me')));
    } catch (cause) {
      const failure = Failure.of(cause);
      if (failure.status === 401) this.#set(null);
      else this.#failure = failure;
    }
  }

  /** Whoever else logs in finds nothing of what was open. */
  async logIn(login: Login): Promise<void> {
    const before = this.#expired ? this.#me : undefined;
    const me = await take(client.POST('/api/login', { body: login }));
    if (before && !isSame(before, me)) return location.reload();
    this.#set(me);
  }

  async logOut(): Promise<void> {
    await take(client.POST('/api/logout'));
    this.#set(null);
  }

  /** Kept by the server, so that it is the same in every browser and on the command line. */
  async chooseProject(slug: string): Promise<void> {
    await take(client.PUT('/api/me/project', { body: { project: slug || null } }));
    await this.load();
  }

  /** The server no longer knows us. What is open stays as it is until somebody logs in again. */
  loggedOut(): void {
    if (this.#me) this.#expired = true;
    else this.#set(null);
  }

  /** Asked when a stream was refused without a reason. */
  async isLoggedIn(): Promise<boolean | 'unknown'> {
    try {
      this.#set(await take(client.GET('/api/me')));
      return true;
    } catch (cause) {
      return Failure.of(cause).status === 401 ? false : 'unknown';
    }
  }

  #may(scope: string): boolean {
    const scopes: string[] = this.#me?.scopes ?? [];
    return scopes.includes(scope) || scopes.includes('admin');
  }

  #set(me: Me | null): void {
    this.#me = me;
    this.#expired = false;
    this.#failure = undefined;
    useCsrfToken(me?.csrf_token);
  }
}

function isSame({ principal: one }: Me, { principal: other }: Me): boolean {
  return one.kind === other.kind && one.name === other.name;
}
