// The feed of events as far as it is loaded: the last ones first, earlier ones on demand, new ones as they come.

import { client, Failure, take, type Schema } from './api';
import type { Event } from './stream.svelte';
import { compact, list } from './query';

export type Severity = Schema['Severity'];

export const SEVERITIES: Severity[] = ['info', 'success', 'warning', 'error'];

export interface EventFilter {
  project: string;
  ticket?: string;
  task?: string;
  run?: string;
  /** Comma-separated; `task_*` means all that begin so. */
  event_type: string;
  /** At or above. */
  severity: string;
}

/** As the server does it, for events that come over the stream. */
export function passes(event: Event, filter: EventFilter, projectId: string | undefined): boolean {
  const types = filter.event_type.split(',').filter(Boolean);
  const least = SEVERITIES.indexOf(filter.severity as Severity);
  return (
    (!filter.project || event.project_id === projectId) &&
    (!filter.ticket || event.ticket_id === filter.ticket) &&
    (!filter.task || event.task_id === filter.task) &&
    (!filter.run || event.run_id === filter.run) &&
    SEVERITIES.indexOf(event.severity) >= least &&
    (types.length === 0 || types.some((type) => fits(type, event.event_type)))
  );
}

function fits(pattern: string, type: string): boolean {
  return pattern.endsWith('*') ? type.startsWith(pattern.slice(0, -1)) : type === pattern;
}

const MOST = 5000;
const FLUSH_MS = 100;

type Fetch = (query: { before?: number; limit: number }) => Promise<Event[]>;

export class Feed {
  #events = $state.raw<Event[]>();
  #prepended = $state(false);
  #failure = $state.raw<Failure>();
  #loading = $state(false);
  #atStart = $state(false);
  #held = $state.raw<Event[]>([]);
  #paused = $state(false);
  #turn = 0;
  #pending: Event[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly fetch: Fetch,
    private readonly first = 50,
  ) {}

  /** Oldest first; nothing while the first are on their way. */
  get events(): Event[] | undefined {
    return this.#events;
  }

  get prepended(): boolean {
    return this.#prepended;
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

  get paused(): boolean {
    return this.#paused;
  }

  /** Events that wait for the end of the pause. */
  get waiting(): number {
    return this.#held.length;
  }

  async load(): Promise<void> {
    this.#held = [];
    await this.#take({ limit: this.first }, (events) => this.#show(events, false));
  }

  async loadEarlier(): Promise<void> {
    if (this.#loading || this.#atStart) return;
    const shown = this.#events ?? [];
    const query = { before: shown[0]?.seq, limit: 200 };
    await this.#take(query, (events) => this.#show([...events, ...(this.#events ?? [])], true));
  }

  /** An event that came over the stream. */
  add(event: Event): void {
    this.#pending.push(event);
    this.#timer ??= setTimeout(() => this.#flush(), FLUSH_MS);
  }

  pause(paused: boolean): void {
    this.#paused = paused;
    if (paused) return;
    const held = this.#held;
    this.#held = [];
    this.#append(held);
  }

  stop(): void {
    this.#turn++;
    clearTimeout(this.#timer);
  }

  async #take(
    query: { before?: number; limit: number },
    show: (events: Event[]) => void,
  ): Promise<void> {
    const turn = ++this.#turn;
    this.#loading = true;
    try {
      const events = await this.fetch(query);
      if (turn !== this.#turn) return;
      this.#atStart = events.length < query.limit;
      this.#failure = undefined;
      show(events.toSorted((a, b) => a.seq - b.seq));
    } catch (cause) {
      if (turn === this.#turn) this.#failure = Failure.of(cause);
    } finally {
      if (turn === this.#turn) this.#loading = false;
    }
  }

  #flush(): void {
    this.#timer = undefined;
    const fresh = this.#pending;
    this.#pending = [];
    if (this.#paused) this.#held = [...this.#held, ...fresh].slice(-MOST);
    else this.#append(fresh);
  }

  #append(fresh: Event[]): void {
    if (!this.#events || fresh.length === 0) return;
    const last = this.#events.at(-1)?.seq ?? 0;
    const all = [...this.#events, ...fresh.filter((event) => event.seq > last)];
    if (all.length > MOST) this.#atStart = false;
    this.#show(all.slice(-MOST), false);
  }

  #show(events: Event[], prepended: boolean): void {
    this.#prepended = prepended;
    this.#events = events;
  }
}

export function fetchEvents(filter: Partial<EventFilter>): Fetch {
  return (range) => {
    const query = compact({
      ...filter,
      event_type: list(filter.event_type),
      severity: filter.severity as Severity,
      ...range,
    });
    return take(client.GET('/api/events', { params: { query } }));
  };
}
