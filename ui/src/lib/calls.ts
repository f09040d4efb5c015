// Calls to models: lists of them, and what they cost together.

import { client, takePage, type Page, type Schema } from './api';
import { compact } from './query';

export type LlmCall = Schema['LlmCall'];
export type Totals = Schema['Totals'];

export function listTicketCalls(
  ticket: string,
  cursor?: string,
  limit = 100,
): Promise<Page<LlmCall>> {
  const params = { path: { id: ticket }, query: compact({ cursor, limit }) };
  return takePage(client.GET('/api/tickets/{id}/llm-calls', { params }));
}

export function listRunCalls(run: string, cursor?: string, limit = 100): Promise<Page<LlmCall>> {
  const query = compact({ run, cursor, limit });
  return takePage(client.GET('/api/llm-calls', { params: { query } }));
}

export interface CostRow {
  name: string;
  calls: number;
  input: number;
  output: number;
  cacheRead: number;
  cost: number;
  /** Calls to a model without a known price: they are missing in `cost`. */
  unpriced: number;
}

/** What calls cost, by a word of theirs, most expensive first. */
export function costsBy(
  calls: LlmCall[],
  word: (call: LlmCall) => string | null | undefined,
): CostRow[] {
  const rows = new Map<string, CostRow>();
  for (const call of calls) {
    const name = word(call) || '–';
    const row = rows.get(name) ?? {
      name,
      calls: 0,
      input: 0,
      output: 0,
      cacheRead: 0,
      cost: 0,
      unpriced: 0,
    };
    // Not a call but a sum that the agent said at its end.
    row.calls += call.exactness === 'settling' ? 0 : 1;
    row.input += call.tokens_input;
    row.output += call.tokens_output;
    row.cacheRead += call.tokens.cache_read ?? 0;
    row.cost += call.cost_usd ?? 0;
    row.unpriced += call.cost_usd == null ? 1 : 0;
    rows.set(name, row);
  }
  return [...rows.values()].sort((a, b) => b.cost - a.cost || b.input - a.input);
}
