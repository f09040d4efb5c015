import { describe, expect, test, vi } from 'vitest';
import { Failure, nextCursor } from './api';
import { PagedList, Resource } from './resource.svelte';

describe('a list in pages', () => {
  const pages: Record<string, { items: number[]; next?: string }> = {
    '': { items: [1, 2], next: 'two' },
    two: { items: [3] },
  };

  test('begins empty handed, then grows page by page to its end', async () => {
    const list = new PagedList<number>(async (cursor) => pages[cursor ?? '']!);
    expect(list.items).toBeUndefined();
    await list.load();
    expect([list.items, list.hasMore]).toEqual([[1, 2], true]);
    await list.more();
    expect([list.items, list.hasMore]).toEqual([[1, 2, 3], false]);
  });

  test('an answer that comes too late is not shown', async () => {
    const waiting: ((items: string[]) => void)[] = [];
    const list = new PagedList<string>(
      () => new Promise((done) => waiting.push((items) => done({ items }))),
    );
    const first = list.load();
    const second = list.load();
    waiting[1]!(['new']);
    waiting[0]!(['old']);
    await Promise.all([first, second]);
    expect(list.items).toEqual(['new']);
  });

  test('a failure keeps what was loaded', async () => {
    const fetch = vi.fn(async (cursor?: string) => {
      if (cursor) throw new Failure('Too many requests', '', 429);
      return pages['']!;
    });
    const list = new PagedList<number>(fetch);
    await list.load();
    await list.more();
    expect(list.items).toEqual([1, 2]);
    expect(list.failure?.title).toBe('Too many requests');
    expect(list.loading).toBe(false);
  });
});

describe('one thing', () => {
  test('is at least as new as the load that was waited for, and never goes back', async () => {
    const waiting: ((value: string) => void)[] = [];
    const thing = new Resource(() => new Promise<string>((done) => waiting.push(done)));
    const [first, second] = [thing.load(), thing.load()];
    waiting[0]!('newer than before');
    await first;
    expect(thing.value).toBe('newer than before');
    const late = thing.load();
    thing.set('edited');
    waiting[1]!('old');
    waiting[2]!('old too');
    await Promise.all([second, late]);
    expect(thing.value).toBe('edited');
  });

  test('that was deleted is no longer shown as there', async () => {
    const answers: (() => number)[] = [
      () => 1,
      () => {
        throw new Failure('Not found', '', 404);
      },
    ];
    const thing = new Resource(async () => answers.shift()!());
    await thing.load();
    expect(thing.value).toBe(1);
    await thing.load();
    expect(thing.failure?.status).toBe(404);
  });
});

test.each([
  ['</api/tickets?limit=2&cursor=ab%3D>; rel="next"', 'ab='],
  ['<http://other/api/runs?cursor=x>; rel="next", </>; rel="first"', 'x'],
  ['</api/tickets>; rel="prev"', undefined],
  [null, undefined],
])('the next cursor of %s is %s', (link, cursor) => {
  expect(nextCursor(link)).toBe(cursor);
});
