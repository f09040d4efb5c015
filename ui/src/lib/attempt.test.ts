import { expect, test, vi } from 'vitest';
import { Failure } from './api';
import { Attempt } from './attempt.svelte';

function refusal() {
  const errors = [{ pointer: '/name', detail: 'It is taken.' }];
  return new Failure('Not valid', '', 422, { errors });
}

test('it is busy until it is done', async () => {
  const attempt = new Attempt();
  let finish = () => {};
  const done = attempt.run(() => new Promise<void>((resolve) => (finish = resolve)));
  expect(attempt.busy).toBe(true);
  finish();
  expect(await done).toBe(true);
  expect(attempt.busy).toBe(false);
  expect(attempt.failure).toBeUndefined();
});

test('a refusal is kept with its fields, until the next one begins', async () => {
  const attempt = new Attempt();
  expect(await attempt.run(() => Promise.reject(refusal()))).toBe(false);
  expect(attempt.busy).toBe(false);
  expect(attempt.failure?.title).toBe('Not valid');
  expect(attempt.field('name')).toBe('It is taken.');
  expect(attempt.field('slug')).toBeUndefined();

  const again = attempt.run(async () => {});
  expect(attempt.failure).toBeUndefined();
  expect(await again).toBe(true);
});

test('what throws at once is a failure too', async () => {
  const attempt = new Attempt();
  const thrown = attempt.run(() => {
    throw new TypeError('fetch failed');
  });
  expect(await thrown).toBe(false);
  expect(attempt.failure?.title).toBe('The server cannot be reached');
});

test('a second press while it is busy does nothing', async () => {
  const attempt = new Attempt();
  let finish = () => {};
  const first = attempt.run(() => new Promise<void>((resolve) => (finish = resolve)));
  const act = vi.fn(async () => {});
  expect(await attempt.run(act)).toBe(false);
  expect(act).not.toHaveBeenCalled();
  expect(attempt.busy).toBe(true);
  finish();
  expect(await first).toBe(true);
});
