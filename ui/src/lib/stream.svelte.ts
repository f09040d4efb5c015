// The one stream of events: opened once, resumed for ever, shared by all views.

import type { Schema } from './api';

export type Event = Schema['Event'];

export type StreamState =
  | { kind: 'connecting' }
  | { kind: 'live' }
  /** Events that happened meanwhile are still coming in. */
  | { kind: 'catching_up'; behind: number }
  /** Waiting for the next try. What is shown is as old as `since`. */
  | { kind: 'reconnecting'; at: number; since: number | undefined }
  | { kind: 'closed'; reason: string };

export interface Listener {
  event(event: Event): void;
  /** History was lost, so that what is shown must be loaded again. */
  reset(): void;
}

type Control =
  | { event_type: 'stream_hello'; epoch: string; head: number }
  | { event_type: 'stream_heartbeat'; head: number }
  | { event_type: 'stream_gap'; from: number; to: number; reason: string }
  | { event_type: 'stream_bye'; reason: string; resume: boolean };

/** What the stream needs of the world; tests give their own. */
export interface World {
  open(query: string): WebSocket;
  now(): number;
  random(): number;
  /** Whether the server still knows us. A browser does not say why an upgrade was refused. */
  isLoggedIn(): Promise<boolean | 'unknown'>;
  loggedOut(): void;
}

/** The server shows life every 15 s; after this silence the connection is taken for dead. */
const SILENCE_MS = 40_000;
const FIRST_DELAY_MS = 500;
const LONGEST_DELAY_MS = 30_000;
const NOT_AUTHENTICATED = 4401;
const NOT_ALLOWED = 4403;
const EPOCH_CHANGED = 4409;

export class EventStream {
  #state = $state.raw<StreamState>({ kind: 'connecting' });
  #lastHeard = $state<number>();
  #listeners = new Set<Listener>();
  #socket: WebSocket | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #watchdog: ReturnType<typeof setTimeout> | undefined;
  #attempt = 0;
  #wanted = false;
  #greeted = false;
  #epoch: string | undefined;
  #cursor: number | undefined;
  #head = 0;

  constructor(private readonly world: World) {}

  get state(): StreamState {
    return this.#state;
  }

  /** The last event that was seen; a snapshot taken now is at least that new. */
  get cursor(): number | undefined {
    return this.#cursor;
  }

  get lastHeard(): number | undefined {
    return this.#lastHeard;
  }

  subscribe(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  start(): void {
    if (this.#wanted) return;
    this.#wanted = true;
    this.#connect();
  }

  stop(): void {
    this.#wanted = false;
    this.#forget();
    this.#state = { kind: 'connecting' };
  }

  /** The tab is looked at again, or the network is back: waiting longer makes no sense. */
  retryNow(): void {
    if (!this.#wanted || this.#state.kind !== 'reconnecting') return;
    this.#attempt = 0;
    this.#connect();
  }

  #connect(): void {
    this.#forget();
    if (this.#state.kind !== 'reconnecting') this.#state = { kind: 'connecting' };
    this.#greeted = false;
    const socket = this.world.open(this.#query());
    this.#socket = socket;
    socket.onmessage = (message) =>
      this.#frame(JSON.parse(String(message.data)) as Event | Control);
    socket.onclose = (close) => void this.#closed(close.code);
    this.#watch();
  }

  #query(): string {
    if (this.#cursor === undefined) return '';
    return `?since=${this.#cursor}&epoch=${encodeURIComponent(this.#epoch ?? '')}`;
  }

  #frame(frame: Event | Control): void {
    this.#watch();
    if (isControl(frame)) this.#control(frame);
    else this.#event(frame);
  }

  #control(frame: Control): void {
    switch (frame.event_type) {
      case 'stream_hello':
        return this.#hello(frame.epoch, frame.head);
      case 'stream_heartbeat':
        this.#head = frame.head;
        return this.#settle();
      case 'stream_gap':
        this.#cursor = frame.reason === 'epoch_changed' ? this.#head : frame.to;
        return this.#reset();
      case 'stream_bye':
        // The close that follows says whether to come back.
        return;
    }
  }

  #hello(epoch: string, head: number): void {
    const anotherLife = this.#epoch !== undefined && this.#epoch !== epoch;
    const first = this.#cursor === undefined;
    this.#greeted = true;
    this.#attempt = 0;
    this.#epoch = epoch;
    this.#head = head;
    if (first || anotherLife) {
      this.#cursor = head;
      // What was loaded before may be older than the head from which this stream tells.
      this.#reset();
    }
    this.#settle();
  }

  #event(event: Event): void {
    // What was seen before the connection broke may come twice.
    if (this.#cursor !== undefined && event.seq <= this.#cursor) return;
    this.#cursor = event.seq;
    this.#head = Math.max(this.#head, event.seq);
    for (const listener of this.#listeners) listener.event(event);
    this.#settle();
  }

  #settle(): void {
    if (!this.#greeted) return;
    const behind = this.#head - (this.#cursor ?? this.#head);
    const state: StreamState = behind > 0 ? { kind: 'catching_up', behind } : { kind: 'live' };
    if (state.kind !== this.#state.kind || state.kind === 'catching_up') this.#state = state;
  }

  #reset(): void {
    for (const listener of this.#listeners) listener.reset();
  }

  async #closed(code: number): Promise<void> {
    const greeted = this.#greeted;
    this.#forget();
    if (!this.#wanted) return;
    if (code === NOT_ALLOWED) {
      this.#state = { kind: 'closed', reason: 'This login may not read the stream of events.' };
      return;
    }
    if (code === EPOCH_CHANGED) this.#cursor = undefined;
    if (code === EPOCH_CHANGED) this.#reset();
    this.#later();
    const refused = code === NOT_AUTHENTICATED || !greeted;
    if (refused && (await this.world.isLoggedIn()) === false && this.#wanted) {
      this.stop();
      this.world.loggedOut();
    }
  }

  #later(): void {
    const most = Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** this.#attempt++);
    const delay = most * (0.5 + this.world.random() / 2);
    this.#state = { kind: 'reconnecting', at: this.world.now() + delay, since: this.#lastHeard };
    this.#timer = setTimeout(() => this.#connect(), delay);
  }

  #watch(): void {
    clearTimeout(this.#watchdog);
    if (this.#greeted) this.#lastHeard = this.world.now();
    this.#watchdog = setTimeout(() => {
      const socket = this.#socket;
      void this.#closed(1006);
      socket?.close();
    }, SILENCE_MS);
  }

  #forget(): void {
    clearTimeout(this.#timer);
    clearTimeout(this.#watchdog);
    const socket = this.#socket;
    this.#socket = undefined;
    this.#greeted = false;
    if (!socket) return;
    socket.onmessage = null;
    socket.onclose = null;
    socket.close();
  }
}

function isControl(frame: Event | Control): frame is Control {
  return frame.event_type.startsWith('stream_');
}
