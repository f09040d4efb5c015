import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Feed, passes, type EventFilter } from './events.svelte';
import type { Event } from './stream.svelte';

const everything: EventFilter = { project: '', event_type: '', severity: '' };

function event(seq: number, over: Partial<Event> = {}): Event {
  return { seq, severity: 'info', event_type: 'run_started', ...over } as Event;
}

let stored: Event[];
let feed: Feed;

const shown = () => feed.events?.map((event) => event.seq);

beforeEach(async () => {
  vi.useFakeTimers();
  stored = Array.from({ length: 60 }, (_, index) => event(index + 1));
  feed = new Feed(async ({ before, limit }) =>
    stored
      .filter((event) => before === undefined || event.seq < before)
      .slice(-limit)
      .reverse(),
  );
  await feed.load();
});

afterEach(() => {
  feed.stop();
  vi.useRealTimers();
});

test('the last fifty come first, oldest at the top', () => {
  expect([shown()?.[0], shown()?.at(-1), shown()?.length]).toEqual([11, 60, 50]);
});

test('earlier ones are put above, up to the first', async () => {
  await feed.loadEarlier();
  expect([shown()?.[0], feed.prepended, feed.atStart]).toEqual([1, true, true]);
});

test('new ones are put below, each once', () => {
  feed.add(event(60));
  feed.add(event(61));
  vi.advanceTimersByTime(200);
  expect(shown()?.slice(-2)).toEqual([60, 61]);
});

test('a pause holds new ones back and then shows them', () => {
  feed.pause(true);
  feed.add(event(61));
  vi.advanceTimersByTime(200);
  expect([shown()?.at(-1), feed.waiting]).toEqual([60, 1]);
  feed.pause(false);
  expect([shown()?.at(-1), feed.waiting]).toEqual([61, 0]);
});

test.each<[Partial<EventFilter>, Partial<Event>, boolean]>([
  [{}, {}, true],
  [{ severity: 'warning' }, { severity: 'error' }, true],
  [{ severity: 'warning' }, { severity: 'success' }, false],
  [{ event_type: 'task_*,run_started' }, { event_type: 'task_created' }, true],
  [{ event_type: 'task_*' }, { event_type: 'run_started' }, false],
  [{ project: 'web' }, { project_id: 'p1' }, true],
  [{ project: 'web' }, { project_id: 'p2' }, false],
  [{ run: 'r' }, { run_id: 's' }, false],
])('through %j, %j passes: %s', (filter, over, expected) => {
  expect(passes(event(1, over), { ...everything, ...filter }, 'p1')).toBe(expected);
});
