import { expect, test } from 'vitest';
import { costsBy, type LlmCall } from './calls';

function call(model: string, cost_usd: number | null): LlmCall {
  return {
    model,
    cost_usd,
    tokens_input: 100,
    tokens_output: 10,
    tokens: { cache_read: 60 },
  } as LlmCall;
}

test('costs are summed by model, the most expensive first', () => {
  const rows = costsBy(
    [call('small', 0.1), call('large', 2), call('small', 0.2)],
    (call) => call.model,
  );
  expect(rows.map((row) => [row.name, row.calls, row.input])).toEqual([
    ['large', 1, 100],
    ['small', 2, 200],
  ]);
  expect(rows[1]?.cost).toBeCloseTo(0.3);
});

test('a call without a price is counted, not taken for free', () => {
  const [row] = costsBy([call('new', null), call('new', 1)], (call) => call.model);
  expect([row?.unpriced, row?.cost]).toEqual([1, 1]);
});

test('a call without a role stands under a dash', () => {
  expect(costsBy([call('m', 1)], (call) => call.role)[0]?.name).toBe('–');
});
