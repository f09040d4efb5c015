import { beforeEach, describe, expect, test, vi } from 'vitest';
import { Failure } from '../api';
import type { Event } from '../stream.svelte';
import type { TaskDetail } from '../tasks';
import { Board, type BoardSource } from './board.svelte';
import type { Board as Loaded, BoardFilter, Card } from './cards';
import { card } from './test-cards';

const NO_FILTER: BoardFilter = { tenant: '', assignee: '', q: '', archived: false };

/** A server with two columns. */
class Server implements BoardSource {
  cardsOf: Record<'ready' | 'done', Card[]> = { ready: [card('a'), card('b')], done: [] };
  tenants: string[] = [];
  next: string | null = null;
  seq = 10;
  board = vi.fn(async (_project: string, _filter: BoardFilter, most: number): Promise<Loaded> => ({
    columns: (['ready', 'done'] as const).map((name) => ({
      name,
      count: this.cardsOf[name].length,
      tasks: this.cardsOf[name].slice(0, most),
      next_cursor: name === 'ready' ? this.next : null,
    })),
    tenants: this.tenants,
    assignees: [],
    latest_event_id: this.seq,
    now: '2026-01-01T00:00:00Z',
  }));
  cards = vi.fn(async () => ({ items: [card('b'), card('z', { priority: -1 })] }));
  task = vi.fn(async (id: string) => {
    const found = [...this.cardsOf.ready, ...this.cardsOf.done].find((it) => it.id === id);
    const links = { parents: [], children: [] };
    const lists = { runs: [], comments: [], events: [], questions: [], diagnostics: [] };
    return { task: found, links, ...lists } as unknown as TaskDetail;
  });
}

let server: Server;
let board: Board;
const shown = (status: 'ready' | 'done') => board.column(status)?.cards.map(({ id }) => id);
const event = (task: string, seq: number, event_type = 'task_edited') =>
  ({ project_id: 'p', task_id: task, seq, event_type }) as Event;

beforeEach(async () => {
  vi.useFakeTimers();
  server = new Server();
  board = new Board('shop', server);
  await board.load(NO_FILTER);
  return () => {
    board.stop();
    vi.useRealTimers();
  };
});

async function settle(): Promise<void> {
  await vi.advanceTimersByTimeAsync(1000);
}

describe('an event', () => {
  test('reads its card again, and no other', async () => {
    server.cardsOf = {
      ready: [card('b')],
      done: [card('a', { status: 'done', finished_at: '2026-01-01T00:00:00Z', version: 2 })],
    };
    board.happened(event('a', 11), 'p');
    board.happened(event('a', 12), 'p');
    await settle();
    expect(server.task.mock.calls).toEqual([['a']]);
    expect([shown('ready'), shown('done')]).toEqual([['b'], ['a']]);
    expect(board.column('ready')?.count).toBe(1);
  });

  test('that the loaded cards show already is passed over', async () => {
    board.happened(event('a', 10), 'p');
    await settle();
    expect(server.task).not.toHaveBeenCalled();
  });

  test('of another project, or about no card, changes nothing', async () => {
    board.happened({ ...event('a', 11), project_id: 'other' }, 'p');
    board.happened(event('a', 11, 'step_started'), 'p');
    await settle();
    expect(server.task).not.toHaveBeenCalled();
    expect(server.board).toHaveBeenCalledTimes(1);
  });

  test('among many reads the board once', async () => {
    for (let n = 0; n < 50; n++) board.happened(event(`t${n}`, 11 + n), 'p');
    await settle();
    expect(server.task).not.toHaveBeenCalled();
    expect(server.board).toHaveBeenCalledTimes(2);
  });
});

test('an older answer does not overwrite a newer card', async () => {
  server.cardsOf.ready = [card('a', { version: 3, title: 'new' }), card('b')];
  board.touch(['a']);
  await settle();
  server.cardsOf.ready = [card('a', { version: 2, title: 'old' }), card('b')];
  board.touch(['a']);
  await settle();
  expect(board.card('a')?.title).toBe('new');
});

test('a moved card is in its new column at once, and goes back when it was refused', async () => {
  board.lift(['a'], 'done');
  expect([shown('ready'), shown('done')]).toEqual([['b'], ['a']]);
  expect([board.column('ready')?.count, board.column('done')?.count]).toEqual([1, 1]);
  expect(board.column('done')?.isMoving('a')).toBe(true);
  board.touch(['a']);
  await settle();
  expect([shown('ready'), shown('done')]).toEqual([['a', 'b'], []]);
  expect([board.column('ready')?.count, board.column('done')?.count]).toEqual([2, 0]);
});

test('a page is put below, without what is there already', async () => {
  server.next = 'two';
  await board.load(NO_FILTER);
  const column = board.column('ready')!;
  await board.more(column);
  expect(shown('ready')).toEqual(['a', 'b', 'z']);
  expect(column.hasMore).toBe(false);
});

test('a card below the loaded part waits for its page', async () => {
  server.next = 'two';
  await board.load(NO_FILTER);
  server.cardsOf.ready.push(card('low', { priority: -5 }));
  board.touch(['low']);
  await settle();
  expect(shown('ready')).toEqual(['a', 'b']);
  expect(board.column('ready')?.count).toBe(3);
});

describe('another filter that the server does not answer', () => {
  const other = { ...NO_FILTER, assignee: 'claude' };

  test('shows no cards in its name, and is asked for again', async () => {
    const answer = server.board.getMockImplementation();
    server.board.mockRejectedValue(new Failure('The server is away', '', 0));
    await board.load(other);
    expect(board.failure?.title).toBe('The server is away');
    if (answer) server.board.mockImplementation(answer);
    await vi.advanceTimersByTimeAsync(7000);
    expect(board.failure).toBeUndefined();
    expect(server.board.mock.lastCall?.[1]).toEqual(other);
  });
});

test('a refresh that fails leaves the cards', async () => {
  server.board.mockRejectedValue(new Failure('The server is away', '', 0));
  await board.load({ ...NO_FILTER });
  expect(board.failure).toBeUndefined();
  expect(shown('ready')).toEqual(['a', 'b']);
});

describe('whether a project has a tenant', () => {
  test('is asked before the board is read, once it is the board knows', async () => {
    server.tenants = ['acme'];
    const unread = new Board('p', server);
    expect([await unread.has('acme'), await unread.has('other')]).toEqual([true, false]);
    expect(unread.columns).toBeUndefined();
    await unread.load(NO_FILTER);
    server.board.mockClear();
    expect([await unread.has('acme'), await unread.has('other')]).toEqual([true, false]);
    expect(server.board).not.toHaveBeenCalled();
  });

  test('may be where the server does not say', async () => {
    server.board.mockRejectedValue(new Failure('The server is away', '', 0));
    expect(await new Board('p', server).has('acme')).toBe(true);
  });
});
