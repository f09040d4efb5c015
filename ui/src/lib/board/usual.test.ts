import { expect, test } from 'vitest';
import { Usual } from './usual.svelte';

const preferences = {
  default_tenant: 'acme',
  lane_by_profile: false,
  include_archived_by_default: true,
  render_markdown: true,
};

async function settled(tenants: string[], tenant: string): Promise<Usual> {
  const usual = new Usual({ has: async (tenant) => tenants.includes(tenant) });
  await usual.settle(tenant);
  return usual;
}

test('a tenant that the project has is the usual one', async () => {
  const usual = await settled(['acme', 'other'], 'acme');
  expect(usual.of(preferences)).toEqual(preferences);
});

test('one that it does not have narrows nothing, and the rest stays as it is liked', async () => {
  const usual = await settled(['other'], 'acme');
  expect(usual.of(preferences)).toEqual({ ...preferences, default_tenant: '' });
});

test('nothing is settled before the board has answered', async () => {
  let answer = (_: boolean) => {};
  const usual = new Usual({ has: () => new Promise((resolve) => (answer = resolve)) });
  const settling = usual.settle('acme');
  expect(usual.tenant).toBeUndefined();
  answer(true);
  await settling;
  expect(usual.tenant).toBe('acme');
});

test('an answer about a tenant that is no longer liked says nothing', async () => {
  const answers: ((has: boolean) => void)[] = [];
  const usual = new Usual({ has: () => new Promise((resolve) => answers.push(resolve)) });
  const settling = [usual.settle('acme'), usual.settle('other')];
  answers[1]?.(true);
  answers[0]?.(true);
  await Promise.all(settling);
  expect(usual.tenant).toBe('other');
});

test('who likes no tenant asks nothing', async () => {
  const usual = new Usual({ has: () => Promise.reject(new Error('asked')) });
  await usual.settle('');
  expect(usual.tenant).toBe('');
});
