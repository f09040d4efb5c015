import { expect, test, vi } from 'vitest';
import { Failure } from './api';
import { NotificationRules, type Occasion } from './notification-rules.svelte';

async function loaded(put: (channel: string, occasions: Occasion[]) => Promise<unknown>) {
  const list = vi.fn(async () => [{ channel_id: 'ops', occasions: ['done'] as Occasion[] }]);
  const refused = vi.fn();
  const rules = new NotificationRules({ list, put }, refused);
  await rules.load();
  return { rules, list, refused };
}

test('a choice is shown at once and kept as a whole', async () => {
  const put = vi.fn(async () => {});
  const { rules } = await loaded(put);
  const kept = rules.toggle('ops', 'budget');
  expect(rules.has('ops', 'budget')).toBe(true);
  await kept;
  expect(put).toHaveBeenCalledExactlyOnceWith('ops', ['done', 'budget']);
  await rules.toggle('ops', 'done');
  expect(put).toHaveBeenLastCalledWith('ops', ['budget']);
});

test('choices that come while one is kept are kept after it, and none is lost', async () => {
  const answers: (() => void)[] = [];
  const put = vi.fn((_: string, __: Occasion[]) => new Promise<void>((done) => answers.push(done)));
  const { rules } = await loaded(put);
  const kept = rules.toggle('ops', 'budget');
  void rules.toggle('ops', 'blocked');
  void rules.toggle('ops', 'done');
  expect(put).toHaveBeenCalledTimes(1);
  answers[0]!();
  await vi.waitFor(() => expect(put).toHaveBeenCalledTimes(2));
  expect(put).toHaveBeenLastCalledWith('ops', ['budget', 'blocked']);
  answers[1]!();
  await kept;
  expect(put).toHaveBeenCalledTimes(2);
});

test('an answer from before a choice does not undo it', async () => {
  let answer = () => {};
  const { rules, list } = await loaded(() => new Promise<void>((done) => (answer = done)));
  const kept = rules.toggle('ops', 'budget');
  await rules.load();
  expect(list).toHaveBeenCalledTimes(2);
  expect(rules.has('ops', 'budget')).toBe(true);
  answer();
  await kept;
});

test('what is refused is told, and what the server has is shown again', async () => {
  const { rules, refused } = await loaded(() =>
    Promise.reject(new Failure('Not allowed', '', 403)),
  );
  await rules.toggle('ops', 'budget');
  expect(refused).toHaveBeenCalledOnce();
  expect([rules.has('ops', 'budget'), rules.has('ops', 'done')]).toEqual([false, true]);
});

test('why there is nothing to show is said', async () => {
  const list = () => Promise.reject(new Failure('No such project', '', 404));
  const rules = new NotificationRules({ list, put: async () => {} }, () => {});
  await rules.load();
  expect([rules.known, rules.failure?.title]).toEqual([false, 'No such project']);
});
