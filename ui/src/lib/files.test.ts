import { expect, test } from 'vitest';
import { bytes } from './files';

test('a size is a number that fits', () => {
  expect(bytes(0)).toBe('0 B');
  expect(bytes(999)).toBe('999 B');
  expect(bytes(1000)).toBe('1.0 kB');
  expect(bytes(26_214_400)).toBe('26.2 MB');
});
