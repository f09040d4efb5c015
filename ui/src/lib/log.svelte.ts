// A run's log as far as it is loaded: opened at the end or at a line, grown at both sides, followed live.

import { Failure, type Schema } from './api';

export type LogLine = Schema['LogLine'];

export interface LogFilter {
  step: string;
  stream: string;
  /** Text that a line must hold, in any case; searched by the server. */
  q: string;
}

export interface LogQuery extends Partial<LogFilter> {
  before?: number;
  after?: number;
  limit: number;
}

/** What a live connection tells. */
export interface LogListener {
  opened(): void;
  line(line: LogLine): void;
  /** The run has ended and every line was sent. */
  ended(): void;
  lost(): void;
}

/** Where the lines come from; tests give their own. */
export interface LogSource {
  page(query: LogQuery): Promise<LogLine[]>;
  follow(since: number, listener: LogListener): () => void;
}

export type LogState = 'connecting' | 'live' | 'ended' | 'disconnected';

const PAGE = 500;
/** Kept while following; older lines are loaded again when somebody scrolls up. */
const MOST = 20_000;
const FLUSH_MS = 60;
const FIRST_DELAY_MS = 1000;
const LONGEST_DELAY_MS = 15_000;

export class RunLog {
  #lines = $state.raw<LogLine[]>([]);
  #prepended = $state(false);
  #state = $state<LogState>('connecting');
  #failure = $state.raw<Failure>();
  #loading = $state(true);
  #atStart = $state(false);
  #atEnd = $state(false);
  #filter: LogFilter = { step: '', stream: '', q: '' };
  #pending: LogLine[] = [];
  /** The last line that is known to exist, shown or not. */
  #head = $state(0);
  #turn = 0;
  #attempt = 0;
  #unfollow: (() => void) | undefined;
  #flushTimer: ReturnType<typeof setTimeout> | undefined;
  #retryTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly source: LogSource) {}

  get lines(): LogLine[] {
    return this.#lines;
  }

  /** Whether the last change put lines before the others, so that a view keeps its place. */
  get prepended(): boolean {
    return this.#prepended;
  }

  /** The number of the last line that is known to exist, shown or not. */
  get head(): number {
    return this.#head;
  }

  get state(): LogState {
    return this.#state;
  }

  get failure(): Failure | undefined {
    return this.#failure;
  }

  get loading(): boolean {
    return this.#loading;
  }

  get atStart(): boolean {
    return this.#atStart;
  }

  get atEnd(): boolean {
    return this.#atEnd;
  }

  /** Loads the end, or the surroundings of a line, through a filter. */
  async open(filter: LogFilter, line?: number): Promise<void> {
    const turn = this.#begin(filter);
    await this.#attempted(turn, async () => {
      const [last] = await this.source.page({ limit: 1 });
      const page = line === undefined ? await this.#end() : await this.#around(line);
      if (turn !== this.#turn) return;
      this.#head = Math.max(last?.line ?? 0, page.at(-1)?.line ?? 0);
      this.#show(page, false);
      this.#atStart = (page[0]?.line ?? 1) <= 1 || (line === undefined && page.length < PAGE);
      this.#atEnd = line === undefined || (page.at(-1)?.line ?? 0) >= (last?.line ?? 0);
      this.#follow();
    });
  }

  async loadEarlier(): Promise<void> {
    if (this.#loading || this.#atStart) return;
    const before = this.#lines[0]?.line;
    await this.#attempted(this.#turn, async (turn) => {
      const page = await this.#page({ before });
      if (turn !== this.#turn) return;
      this.#atStart = page.length < PAGE;
      this.#show([...page, ...this.#lines], true);
    });
  }

  async loadLater(): Promise<void> {
    if (this.#loading || this.#atEnd) return;
    const after = this.#lines.at(-1)?.line;
    await this.#attempted(this.#turn, async (turn) => {
      const page = await this.#page({ after });
      if (turn !== this.#turn) return;
      this.#atEnd = page.length < PAGE;
      this.#head = Math.max(this.#head, page.at(-1)?.line ?? 0);
      this.#show([...this.#lines, ...page], false);
      if (this.#atEnd) this.#flush();
    });
  }

  /** The network is back, or the tab is looked at again. */
  retryNow(): void {
    if (this.#state !== 'disconnected') return;
    this.#attempt = 0;
    this.#follow();
  }

  stop(): void {
    this.#turn++;
    this.#unfollow?.();
    clearTimeout(this.#flushTimer);
    clearTimeout(this.#retryTimer);
    this.#unfollow = this.#flushTimer = this.#retryTimer = undefined;
  }

  #begin(filter: LogFilter): number {
    this.stop();
    this.#filter = filter;
    this.#pending = [];
    this.#attempt = 0;
    if (this.#state !== 'ended') this.#state = 'connecting';
    return this.#turn;
  }

  #end(): Promise<LogLine[]> {
    return this.#page({});
  }

  async #around(line: number): Promise<LogLine[]> {
    const [before, after] = await Promise.all([
      this.#page({ before: line }),
      this.#page({ after: line - 1 }),
    ]);
    return [...before, ...after];
  }

  async #page(range: { before?: number; after?: number }): Promise<LogLine[]> {
    const { step, stream, q } = this.#filter;
    const lines = await this.source.page({ ...range, step, stream, q, limit: PAGE });
    return lines.toSorted((a, b) => a.line - b.line);
  }

  async #attempted(turn: number, act: (turn: number) => Promise<void>): Promise<void> {
    this.#loading = true;
    try {
      await act(turn);
      if (turn === this.#turn) this.#failure = undefined;
    } catch (cause) {
      if (turn === this.#turn) this.#failure = Failure.of(cause);
    } finally {
      if (turn === this.#turn) this.#loading = false;
    }
  }

  #show(lines: LogLine[], prepended: boolean): void {
    this.#prepended = prepended;
    this.#lines = lines;
  }

  #follow(): void {
    clearTimeout(this.#retryTimer);
    this.#unfollow?.();
    this.#unfollow = this.source.follow(this.#head, {
      opened: () => {
        this.#attempt = 0;
        this.#state = 'live';
      },
      line: (line) => this.#arrived(line),
      ended: () => {
        this.#unfollow?.();
        this.#unfollow = undefined;
        this.#state = 'ended';
      },
      lost: () => this.#lost(),
    });
  }

  #lost(): void {
    this.#unfollow?.();
    this.#unfollow = undefined;
    this.#state = 'disconnected';
    const most = Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** this.#attempt++);
    this.#retryTimer = setTimeout(() => this.#follow(), most * (0.5 + Math.random() / 2));
  }

  #arrived(line: LogLine): void {
    if (line.line <= this.#head) return;
    this.#head = line.line;
    if (!this.#passes(line)) return;
    // With a hole above them, lines wait until somebody has scrolled down to them; what is let go of here
    // is loaded then.
    this.#pending.push(line);
    if (!this.#atEnd && this.#pending.length > MOST) this.#pending.shift();
    if (this.#atEnd) this.#flushTimer ??= setTimeout(() => this.#flush(), FLUSH_MS);
  }

  #passes(line: LogLine): boolean {
    const { step, stream, q } = this.#filter;
    return (
      (!step || line.step_id === step) &&
      (!stream || stream.split(',').includes(line.stream)) &&
      (!q || line.text.toLowerCase().includes(q.toLowerCase()))
    );
  }

  #flush(): void {
    this.#flushTimer = undefined;
    const last = this.#lines.at(-1)?.line ?? 0;
    const fresh = this.#pending.filter((line) => line.line > last);
    this.#pending = [];
    if (fresh.length === 0) return;
    const lines = [...this.#lines, ...fresh];
    const excess = lines.length - MOST;
    if (excess > 0) this.#atStart = false;
    this.#show(excess > 0 ? lines.slice(excess + MOST / 10) : lines, false);
  }
}
