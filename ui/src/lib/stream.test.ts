import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { EventStream, type Event, type World } from './stream.svelte';

class FakeSocket {
  onmessage: ((message: { data: string }) => void) | null = null;
  onclose: ((close: { code: number }) => void) | null = null;
  closed = false;

  constructor(readonly query: string) {}

  close(): void {
    this.closed = true;
  }

  say(frame: object): void {
    this.onmessage?.({ data: JSON.stringify(frame) });
  }

  hello(head: number, epoch = 'a'): void {
    this.say({ event_type: 'stream_hello', epoch, head });
  }

  event(seq: number): void {
    this.say({ event_type: 'run_started', seq });
  }

  drop(code = 1006): void {
    this.onclose?.({ code });
  }
}

let sockets: FakeSocket[];
let seen: number[];
let resets: number;
let loggedIn: boolean | 'unknown';
let loggedOut: ReturnType<typeof vi.fn<() => void>>;
let stream: EventStream;

function last(): FakeSocket {
  return sockets.at(-1)!;
}

beforeEach(() => {
  vi.useFakeTimers();
  sockets = [];
  seen = [];
  resets = 0;
  loggedIn = true;
  loggedOut = vi.fn<() => void>();
  const world: World = {
    open: (query) => {
      sockets.push(new FakeSocket(query));
      return last() as unknown as WebSocket;
    },
    now: () => Date.now(),
    random: () => 1,
    isLoggedIn: async () => loggedIn,
    loggedOut,
  };
  stream = new EventStream(world);
  stream.subscribe({ event: (event: Event) => seen.push(event.seq), reset: () => resets++ });
  stream.start();
});

afterEach(() => {
  stream.stop();
  vi.useRealTimers();
});

test('it is live after the greeting, at the head', () => {
  expect(stream.state.kind).toBe('connecting');
  last().hello(7);
  expect(stream.state.kind).toBe('live');
  expect(stream.cursor).toBe(7);
});

test('views that loaded before the greeting load again', () => {
  last().hello(7);
  expect(resets).toBe(1);
});

test('events are handed on once, in order', () => {
  last().hello(7);
  for (const seq of [8, 8, 9, 7, 10]) last().event(seq);
  expect(seen).toEqual([8, 9, 10]);
});

describe('after a lost connection', () => {
  beforeEach(() => {
    last().hello(7);
    last().event(8);
    last().drop();
  });

  test('it says when it tries again and since when the view is old', () => {
    expect(stream.state).toMatchObject({ kind: 'reconnecting', at: Date.now() + 500 });
    expect(stream.state).toMatchObject({ since: Date.now() });
  });

  test('it resumes where it was and says how far behind it is', () => {
    vi.advanceTimersByTime(500);
    expect(last().query).toBe('?since=8&epoch=a');
    last().hello(10);
    expect(stream.state).toEqual({ kind: 'catching_up', behind: 2 });
    last().event(9);
    last().event(10);
    expect(stream.state.kind).toBe('live');
    expect(seen).toEqual([8, 9, 10]);
    expect(resets).toBe(1);
  });

  test('it waits longer each time, never longer than half a minute, for ever', () => {
    const waits: number[] = [];
    for (let n = 0; n < 12; n++) {
      const state = stream.state;
      if (state.kind !== 'reconnecting') throw new Error(state.kind);
      waits.push(state.at - Date.now());
      vi.advanceTimersByTime(state.at - Date.now());
      last().drop();
    }
    expect(waits.slice(0, 4)).toEqual([500, 1000, 2000, 4000]);
    expect(waits.at(-1)).toBe(30_000);
    expect(stream.state.kind).toBe('reconnecting');
  });

  test('it tries at once when the tab or the network comes back', () => {
    stream.retryNow();
    expect(sockets).toHaveLength(2);
    vi.advanceTimersByTime(60_000 - 25_000);
    expect(sockets).toHaveLength(2);
  });

  test('another life of the database makes the views load again', () => {
    vi.advanceTimersByTime(500);
    last().hello(3, 'b');
    expect(resets).toBe(2);
    last().event(4);
    expect(seen).toEqual([8, 4]);
  });
});

test('history that is gone makes the views load again', () => {
  last().hello(7);
  last().say({ event_type: 'stream_gap', from: 8, to: 20, reason: 'expired' });
  expect(resets).toBe(2);
  last().event(21);
  expect(seen).toEqual([21]);
});

test('a silent connection is given up', () => {
  last().hello(7);
  vi.advanceTimersByTime(39_000);
  last().say({ event_type: 'stream_heartbeat', head: 7 });
  vi.advanceTimersByTime(39_000);
  expect(stream.state.kind).toBe('live');
  vi.advanceTimersByTime(2_000);
  expect(stream.state.kind).toBe('reconnecting');
  expect(sockets[0]!.closed).toBe(true);
});

test('a refused upgrade leads to the login when the server does not know us', async () => {
  loggedIn = false;
  last().drop();
  await vi.advanceTimersByTimeAsync(0);
  expect(loggedOut).toHaveBeenCalledOnce();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(sockets).toHaveLength(1);
});

test('a server that is away is tried again, without a login', async () => {
  loggedIn = 'unknown';
  last().drop();
  await vi.advanceTimersByTimeAsync(600);
  expect(loggedOut).not.toHaveBeenCalled();
  expect(sockets).toHaveLength(2);
});

test('a stream that is not allowed is not tried again', async () => {
  last().drop(4403);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(stream.state.kind).toBe('closed');
  expect(sockets).toHaveLength(1);
});
