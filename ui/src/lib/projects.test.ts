import { expect, test } from 'vitest';
import { slugOf } from './projects.svelte';

test('a name suggests a short name that addresses can hold', () => {
  for (const [name, slug] of [
    ['The Shop', 'the-shop'],
    ['  Käse & Brot!  ', 'kase-brot'],
    ['日本', ''],
    ['a'.repeat(70), 'a'.repeat(64)],
  ] as const) {
    expect(slugOf(name)).toBe(slug);
  }
});
