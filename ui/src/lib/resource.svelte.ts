// Something loaded from the server and kept current: its value, its loading, its failure.

import { Failure, type Page } from './api';
import { Coalescer } from './coalesce';

/** One thing. */
export class Resource<T> {
  #value = $state.raw<T>();
  #failure = $state.raw<Failure>();
  #turn = 0;
  /** The load whose answer is the value; those before it come too late. */
  #shown = 0;
  readonly #hints: Coalescer;

  constructor(private readonly fetch: () => Promise<T>) {
    this.#hints = new Coalescer(() => this.load());
  }

  get value(): T | undefined {
    return this.#value;
  }

  /** Why there is no value. A failed refresh keeps the old value and is tried again. */
  get failure(): Failure | undefined {
    return this.#failure;
  }

  /** Afterwards the value is at least as new as this call, also where another load has begun meanwhile. */
  async load(): Promise<void> {
    const turn = ++this.#turn;
    try {
      const value = await this.fetch();
      if (turn > this.#shown) this.#show(value, turn);
    } catch (cause) {
      if (turn === this.#turn && turn > this.#shown) this.#failed(Failure.of(cause));
    }
  }

  /** Something happened to it: loads it again soon. */
  touch(): void {
    this.#hints.touch();
  }

  /** An answer that came by another way, such as that of an edit. */
  set(value: T): void {
    this.#show(value, ++this.#turn);
  }

  stop(): void {
    this.#shown = Infinity;
    this.#hints.stop();
  }

  #show(value: T, turn: number): void {
    this.#shown = turn;
    this.#value = value;
    this.#failure = undefined;
  }

  #failed(failure: Failure): void {
    const gone = failure.status === 404 || failure.status === 403;
    if (this.#value === undefined || gone) {
      this.#failure = failure;
    } else {
      setTimeout(() => this.touch(), 5000);
    }
  }
}

/** A list in pages. */
export class PagedList<T> {
  #items = $state.raw<T[]>();
  #next = $state.raw<string>();
  #failure = $state.raw<Failure>();
  #loading = $state(false);
  #turn = 0;
  readonly #hints: Coalescer;

  /** `fetch` gives the page that begins at a cursor, with about so many rows. */
  constructor(
    private readonly fetch: (cursor: string | undefined, limit: number) => Promise<Page<T>>,
    private readonly pageSize = 100,
  ) {
    this.#hints = new Coalescer(() => this.#refresh());
  }

  /** Nothing while the first page is on its way. */
  get items(): T[] | undefined {
    return this.#items;
  }

  get failure(): Failure | undefined {
    return this.#failure;
  }

  get loading(): boolean {
    return this.#loading;
  }

  get hasMore(): boolean {
    return this.#next !== undefined;
  }

  /** The first page; what was shown stays until it is there. */
  async load(): Promise<void> {
    await this.#take(() => this.fetch(undefined, this.pageSize), []);
  }

  /** The next page, put below what is there. */
  async more(): Promise<void> {
    if (this.#loading || this.#next === undefined) return;
    const cursor = this.#next;
    await this.#take(() => this.fetch(cursor, this.pageSize), this.#items ?? []);
  }

  touch(): void {
    this.#hints.touch();
  }

  stop(): void {
    this.#turn++;
    this.#hints.stop();
  }

  async #refresh(): Promise<void> {
    // A page that somebody asked for must not be dropped for a refresh.
    if (this.#loading) return this.touch();
    const shown = Math.max(this.#items?.length ?? 0, this.pageSize);
    // More is not read at once; the rows below come from the next "load more".
    await this.#take(() => this.fetch(undefined, Math.min(shown, 1000)), []);
  }

  async #take(fetch: () => Promise<Page<T>>, before: T[]): Promise<void> {
    const turn = ++this.#turn;
    this.#loading = true;
    try {
      const page = await fetch();
      if (turn !== this.#turn) return;
      this.#items = [...before, ...page.items];
      this.#next = page.next;
      this.#failure = undefined;
    } catch (cause) {
      if (turn === this.#turn) this.#failure = Failure.of(cause);
    } finally {
      if (turn === this.#turn) this.#loading = false;
    }
  }
}
