import { expect, test } from 'vitest';
import { namesOf, slugOf } from './projects.svelte';

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

test('projects of one name are told apart by their slugs', () => {
  const projects = [
    { slug: 'shop', name: 'The shop' },
    { slug: 'bakery', name: 'The bakery' },
    { slug: 'shop-2', name: 'The shop' },
  ];
  expect([...namesOf(projects)]).toEqual([
    ['shop', 'The shop (shop)'],
    ['bakery', 'The bakery'],
    ['shop-2', 'The shop (shop-2)'],
  ]);
});
