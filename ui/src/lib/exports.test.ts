import { expect, test } from 'vitest';
import { endsWell } from './exports';

test('only an export with its last line is whole', () => {
  expect(endsWell('{"kind":"task"}\n{"kind":"end","lines":3}\n')).toBe(true);
  expect(endsWell('{"kind":"task","title":"the end"}\n')).toBe(false);
  expect(endsWell('{"kind":"end","li')).toBe(false);
  expect(endsWell('')).toBe(false);
});
