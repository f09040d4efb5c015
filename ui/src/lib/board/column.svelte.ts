// One column of a board: its first cards, how it goes on, and how many it holds in all.

import { Failure, type Page } from '../api';
import type { TaskState } from '../tasks';
import { compareCards, type Card } from './cards';

const PAGE = 200;

export class Column {
  #cards = $state.raw<Card[]>([]);
  #count = $state.raw<number>();
  #next = $state.raw<string>();
  #loading = $state(false);
  #failure = $state.raw<Failure>();
  /** Cards that were put here before the server agreed. */
  #moving = $state.raw<ReadonlySet<string>>(new Set());

  constructor(
    readonly status: TaskState,
    cards: Card[],
    count: number | null | undefined,
    next: string | null | undefined,
  ) {
    this.#cards = cards;
    this.#count = count ?? undefined;
    this.#next = next ?? undefined;
  }

  get cards(): Card[] {
    return this.#cards;
  }

  /** How many cards pass the filter; unknown while a search has more to show. */
  get count(): number | undefined {
    return this.#count;
  }

  get hasMore(): boolean {
    return this.#next !== undefined;
  }

  get failure(): Failure | undefined {
    return this.#failure;
  }

  isMoving(id: string): boolean {
    return this.#moving.has(id);
  }

  find(id: string): Card | undefined {
    return this.#cards.find((card) => card.id === id);
  }

  /** The next page, below what is there, unless the board was read anew meanwhile. */
  async more(
    fetch: (cursor: string, limit: number) => Promise<Page<Card>>,
    isCurrent: () => boolean,
  ): Promise<void> {
    if (this.#loading || this.#next === undefined) return;
    this.#loading = true;
    this.#failure = undefined;
    try {
      const page = await fetch(this.#next, PAGE);
      if (!isCurrent()) return;
      const known = new Set(this.#cards.map((card) => card.id));
      this.#cards = [...this.#cards, ...page.items.filter((card) => !known.has(card.id))];
      this.#next = page.next;
    } catch (cause) {
      this.#failure = Failure.of(cause);
    } finally {
      this.#loading = false;
    }
  }

  /** A card as the server knows it now, at its place. One below the loaded part comes with its page. */
  put(card: Card): void {
    this.#settle(card.id);
    const others = this.#cards.filter((other) => other.id !== card.id);
    const at = others.findIndex((other) => compareCards(card, other) < 0);
    if (at < 0 && this.hasMore) this.#cards = others;
    else this.#cards = others.toSpliced(at < 0 ? others.length : at, 0, card);
  }

  drop(id: string): void {
    this.#settle(id);
    if (this.find(id)) this.#cards = this.#cards.filter((card) => card.id !== id);
  }

  /** Somebody moves a card here. */
  enter(card: Card, moving: boolean): void {
    this.put(card);
    if (!this.find(card.id)) this.#cards = [...this.#cards, card];
    if (moving) this.#moving = new Set([...this.#moving, card.id]);
    this.#change(1);
  }

  /** Somebody moves a card away. */
  leave(id: string): void {
    this.drop(id);
    this.#change(-1);
  }

  recount(count: number | null | undefined): void {
    this.#count = count ?? undefined;
  }

  #change(by: number): void {
    if (this.#count !== undefined) this.#count = Math.max(0, this.#count + by);
  }

  #settle(id: string): void {
    if (!this.#moving.has(id)) return;
    this.#moving = new Set([...this.#moving].filter((moving) => moving !== id));
  }
}
