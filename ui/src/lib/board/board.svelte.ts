// A board as far as it is loaded: columns that grow by pages, cards that are kept current one by one.

import { Failure } from '../api';
import { Coalescer } from '../coalesce';
import type { Event, EventStream } from '../stream.svelte';
import { getTask, type TaskDetail, type TaskState } from '../tasks';
import {
  cardOf,
  getBoard,
  listCards,
  type Board as Loaded,
  type BoardFilter,
  type Card,
} from './cards';
import { Column } from './column.svelte';

const NO_FILTER: BoardFilter = { tenant: '', assignee: '', q: '', archived: false };
const FIRST = 50;
/** When more cards than these change at once, the whole board is read again. */
const ONE_BY_ONE = 10;
/** What a card shows changes with these. */
const CONCERNS = /^(task_|run_started|run_finished|llm_call|commented)/;

/** Where boards come from; tests give their own. */
export interface BoardSource {
  board: typeof getBoard;
  cards: typeof listCards;
  task: typeof getTask;
}

const SERVER: BoardSource = { board: getBoard, cards: listCards, task: getTask };

export class Board {
  #columns = $state.raw<Column[]>();
  #tenants = $state.raw<string[]>([]);
  #assignees = $state.raw<string[]>([]);
  #failure = $state.raw<Failure>();
  #filter = NO_FILTER;
  /** The filter that the loaded cards passed. */
  #shown = this.#filter;
  #turn = 0;
  /** The last event that the loaded cards surely show. */
  #seq = 0;
  #touched = new Map<string, number>();
  #all = false;
  readonly #hints = new Coalescer(() => this.#refresh(), 200, 800);

  constructor(
    readonly project: string,
    private readonly source: BoardSource = SERVER,
  ) {}

  /** Nothing while the first cards are on their way. */
  get columns(): Column[] | undefined {
    return this.#columns;
  }

  /** Whether no column has a card that passes the filter. */
  get isEmpty(): boolean {
    return this.#columns?.every(({ cards, count }) => cards.length === 0 && !count) ?? false;
  }

  get tenants(): string[] {
    return this.#tenants;
  }

  get assignees(): string[] {
    return this.#assignees;
  }

  get failure(): Failure | undefined {
    return this.#failure;
  }

  column(status: TaskState): Column | undefined {
    return this.#columns?.find((column) => column.status === status);
  }

  card(id: string): Card | undefined {
    for (const column of this.#columns ?? []) {
      const card = column.find(id);
      if (card) return card;
    }
    return undefined;
  }

  /** Whether its project has tasks of a tenant; where the server does not say, it may have. */
  async has(tenant: string): Promise<boolean> {
    try {
      if (!this.#columns) this.#name(await this.source.board(this.project, NO_FILTER, 1));
    } catch {
      return true;
    }
    return this.#tenants.includes(tenant);
  }

  /** Reads it with a filter; what was shown stays until it is there. */
  async load(filter: BoardFilter): Promise<void> {
    const same = JSON.stringify(filter) === JSON.stringify(this.#filter);
    if (!same) this.#filter = filter;
    await this.#read(same ? this.#most() : FIRST);
  }

  async more(column: Column): Promise<void> {
    const turn = this.#turn;
    await column.more(
      (cursor, limit) =>
        this.source.cards(this.project, column.status, this.#filter, cursor, limit),
      () => turn === this.#turn,
    );
  }

  /** Shows cards in another column at once; what the server says comes after. Answers them as they were. */
  lift(ids: string[], to: TaskState): Card[] {
    const lifted: Card[] = [];
    for (const id of ids) {
      const card = this.card(id);
      if (!card || card.status === to) continue;
      lifted.push(card);
      this.column(card.status)?.leave(id);
      this.column(to)?.enter({ ...card, status: to }, true);
    }
    return lifted;
  }

  /** The server was not reached: lifted cards go back, unless it has said since where they are. */
  putBack(lifted: Card[]): void {
    for (const card of lifted) {
      const now = this.card(card.id);
      const column = now && this.column(now.status);
      if (column && !column.isMoving(card.id)) continue;
      column?.leave(card.id);
      this.column(card.status)?.enter(card, false);
    }
  }

  /** Reads some cards again, soon. */
  touch(ids: string[]): void {
    for (const id of ids) this.#touched.set(id, Infinity);
    this.#hints.touch();
  }

  follow(stream: EventStream, projectId: () => string | undefined): () => void {
    return stream.subscribe({
      event: (event) => this.happened(event, projectId()),
      reset: () => {
        this.#all = true;
        this.#hints.touch();
      },
    });
  }

  happened(event: Event, projectId: string | undefined): void {
    if (event.project_id !== projectId) return;
    if (event.event_type === 'project_deleted') return this.#reloadLater();
    if (!CONCERNS.test(event.event_type)) return;
    if (!event.task_id) return;
    if (event.event_type === 'task_deleted') return this.#gone(event.task_id);
    this.#touched.set(event.task_id, event.seq);
    this.#hints.touch();
  }

  #gone(id: string): void {
    this.#touched.delete(id);
    this.#columns?.find((column) => column.find(id))?.leave(id);
  }

  stop(): void {
    this.#turn++;
    this.#hints.stop();
  }

  #most(): number {
    const shown = this.#columns?.map((column) => column.cards.length) ?? [];
    return Math.min(1000, Math.max(FIRST, ...shown));
  }

  async #read(most: number): Promise<void> {
    const turn = ++this.#turn;
    try {
      const board = await this.source.board(this.project, this.#filter, most);
      if (turn === this.#turn) this.#show(board);
    } catch (cause) {
      if (turn === this.#turn) this.#failed(Failure.of(cause));
    }
  }

  #show(board: Loaded): void {
    this.#seq = board.latest_event_id;
    this.#shown = this.#filter;
    this.#name(board);
    this.#failure = undefined;
    this.#columns = board.columns.map(
      ({ name, tasks, count, next_cursor }) => new Column(name, tasks, count, next_cursor),
    );
  }

  #name(board: Loaded): void {
    this.#tenants = board.tenants;
    this.#assignees = board.assignees;
  }

  #failed(failure: Failure): void {
    const gone = failure.status === 404;
    // Cards that pass another filter than the one that is chosen would be taken for an answer.
    if (!this.#columns || gone || this.#shown !== this.#filter) this.#failure = failure;
    if (this.#columns && !gone) setTimeout(() => this.#reloadLater(), 5000);
  }

  #reloadLater(): void {
    this.#all = true;
    this.#hints.touch();
  }

  async #refresh(): Promise<void> {
    if (!this.#columns) return;
    const changed = [...this.#touched].filter(([, seq]) => seq > this.#seq).map(([id]) => id);
    // Which tasks hold a text is for the server to say.
    const all = this.#all || changed.length > ONE_BY_ONE || this.#filter.q !== '';
    this.#touched.clear();
    this.#all = false;
    if (all) return this.#read(this.#most());
    if (changed.length > 0) await this.#readSome(changed);
  }

  async #readSome(ids: string[]): Promise<void> {
    const turn = this.#turn;
    try {
      const found = await Promise.all(ids.map((id) => this.#ask(id)));
      const heads = await this.source.board(this.project, this.#filter, 1);
      if (turn !== this.#turn) return;
      found.forEach((card, index) => this.#put(ids[index] ?? '', card));
      this.#name(heads);
      for (const { name, count } of heads.columns) this.column(name)?.recount(count);
    } catch {
      this.#reloadLater();
    }
  }

  /** A card that is gone is no failure. */
  async #ask(id: string): Promise<Card | undefined> {
    try {
      const detail = await this.source.task(id);
      this.#touchParents(detail);
      return cardOf(detail, await this.#children(detail));
    } catch (cause) {
      if (Failure.of(cause).status === 404) return undefined;
      throw cause;
    }
  }

  /** How far they are changes when this one is done, and nobody says so. */
  #touchParents({ task, links }: TaskDetail): void {
    if ((this.card(task.id)?.status === 'done') === (task.status === 'done')) return;
    const shown = links.parents.filter((parent) => this.card(parent));
    if (shown.length > 0) this.touch(shown);
  }

  /** Those that are not on the board are looked up, so long as they are few. */
  async #children({ links }: TaskDetail): Promise<Pick<Card, 'status'>[]> {
    const unknown = links.children.filter((id) => !this.card(id));
    if (unknown.length > ONE_BY_ONE) throw new Error('too many to ask for one by one');
    const asked = await Promise.all(unknown.map((id) => this.source.task(id)));
    const known = links.children.flatMap((id) => this.card(id) ?? []);
    return [...known, ...asked.map(({ task }) => task)];
  }

  #put(id: string, card: Card | undefined): void {
    const old = this.card(id);
    if (old && card && old.version > card.version) return;
    for (const column of this.#columns ?? []) {
      if (column.status !== card?.status || !this.#passes(card)) column.drop(id);
      else column.put(card);
    }
  }

  #passes(card: Card): boolean {
    const { tenant, assignee } = this.#filter;
    return (!tenant || card.tenant === tenant) && (!assignee || card.assignee === assignee);
  }
}
