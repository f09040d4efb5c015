import { cleanup, fireEvent, render, screen } from '@testing-library/svelte';
import { afterEach, expect, test, vi } from 'vitest';
import type { StreamState } from '../../lib/stream.svelte';
import StreamBadge from './StreamBadge.svelte';

afterEach(cleanup);

const now = Date.parse('2026-03-05T10:00:00Z');

test.each<[StreamState, string]>([
  [{ kind: 'live' }, 'Live'],
  [{ kind: 'catching_up', behind: 1200 }, 'Catching up'],
  [{ kind: 'connecting' }, 'Connecting'],
  [{ kind: 'closed', reason: 'no' }, 'No stream'],
])('%j is announced as %s', (state, text) => {
  render(StreamBadge, { state, now, retry: () => {} });
  expect(screen.getByRole('status').textContent).toBe(text);
});

test('a lost connection says when it is tried again, since when the view is old, and can be tried at once', async () => {
  const retry = vi.fn();
  render(StreamBadge, {
    state: { kind: 'reconnecting', at: now + 2100, since: now - 60_000 },
    now,
    retry,
  });
  const button = screen.getByRole('button');
  expect(button.textContent).toContain('in 3 s');
  expect(screen.getByRole('status').textContent).toMatch(/stale since \d\d:59:00/);
  await fireEvent.click(button);
  expect(retry).toHaveBeenCalledOnce();
});
