import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { ChannelList } from './channel-list.svelte';
import type { Event } from './stream.svelte';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const event = (event_type: string, details?: unknown) => ({ event_type, details }) as Event;

async function list() {
  const fetch = vi.fn(async () => []);
  const ask = vi.fn(async (_: string) => ({ waiting: '0' }));
  const channels = new ChannelList(fetch, ask);
  channels.standing('ops');
  channels.standing('team');
  await vi.runAllTimersAsync();
  ask.mockClear();
  return { channels, fetch, ask };
}

test.each([
  ['delivery_sent', { channel_id: 'ops' }, 0, ['ops']],
  ['delivery_failed', { channel_id: 'team' }, 0, ['team']],
  ['task_completed', undefined, 0, ['ops', 'team']],
  ['channel_updated', { channel_id: 'ops' }, 1, ['ops']],
  ['channel_deleted', { channel_id: 'ops' }, 1, []],
  ['channel_created', { channel_id: 'new' }, 1, []],
  ['step_started', undefined, 0, []],
])('after %s of %o only that is asked for again', async (type, details, lists, standings) => {
  const { channels, fetch, ask } = await list();
  channels.happened(event(type, details));
  await vi.runAllTimersAsync();
  expect(fetch).toHaveBeenCalledTimes(lists);
  expect(ask.mock.calls.map(([channel]) => channel)).toEqual(standings);
});

test('a standing is asked for once, however often it is shown', async () => {
  const { channels, ask } = await list();
  expect(channels.standing('ops')).toBe(channels.standing('ops'));
  expect(ask).not.toHaveBeenCalled();
});
