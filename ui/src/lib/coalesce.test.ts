import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Coalescer } from './coalesce';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test('many hints in a short time act once', async () => {
  const act = vi.fn(async () => {});
  const hints = new Coalescer(act);
  for (let n = 0; n < 50; n++) hints.touch();
  await vi.advanceTimersByTimeAsync(5000);
  expect(act).toHaveBeenCalledTimes(1);
});

test('a hint during the act is not lost', async () => {
  let finish = () => {};
  const act = vi.fn(() => new Promise<void>((done) => (finish = done)));
  const hints = new Coalescer(act);
  hints.touch();
  await vi.advanceTimersByTimeAsync(200);
  hints.touch();
  finish();
  await vi.advanceTimersByTimeAsync(2000);
  expect(act).toHaveBeenCalledTimes(2);
});

test('nothing acts after the end', async () => {
  const act = vi.fn(async () => {});
  const hints = new Coalescer(act);
  hints.touch();
  hints.stop();
  hints.touch();
  await vi.advanceTimersByTimeAsync(2000);
  expect(act).not.toHaveBeenCalled();
});
