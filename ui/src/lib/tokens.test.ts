import { expect, test } from 'vitest';
import { expiry, stateOf } from './tokens';

const now = Date.parse('2026-01-02T00:00:00Z');

test.each([
  [{}, 'valid'],
  [{ expires_at: '2026-01-02T00:00:01Z' }, 'valid'],
  [{ expires_at: '2026-01-02T00:00:00Z' }, 'expired'],
  [{ expires_at: '2026-01-01T00:00:00Z', revoked_at: '2026-01-01T00:00:00Z' }, 'revoked'],
])('a token with %o is %s', (token, state) => {
  expect(stateOf(token, now)).toBe(state);
});

test('it ends after whole days, or never', () => {
  expect(expiry(30, now)).toBe('2026-02-01T00:00:00.000Z');
  expect(expiry(null, now)).toBeUndefined();
});
