// Deliveries: what was told to whom, and how that went.

import { client, take, takePage, type Page, type Schema } from './api';
import { compact } from './query';
import type { Event } from './stream.svelte';

export type Delivery = Schema['Delivery'];
export type DeliveryState = Schema['DeliveryState'];

export const DELIVERY_STATES: DeliveryState[] = ['pending', 'sent', 'failed'];

/** More that wait are not counted. */
const COUNTED = 100;

export interface DeliveryFilter {
  channel: string;
  project: string;
  state: string;
}

/** Newest first. */
export function listDeliveries(
  filter: Partial<DeliveryFilter>,
  cursor?: string,
  limit = 100,
): Promise<Page<Delivery>> {
  // Whether the state is known is for the server to say: addresses are typed by people.
  const state = filter.state as DeliveryState | undefined;
  const query = compact({ ...filter, state, cursor, limit });
  return takePage(client.GET('/api/deliveries', { params: { query } }));
}

/** Sends again what was given up. */
export function retryDelivery(id: string): Promise<Delivery> {
  return take(client.POST('/api/deliveries/{id}/retry', { params: { path: { id } } }));
}

/** How deliveries to a channel stand. */
export interface Standing {
  /** How many are to be sent, to be read: `3`, `100+`. */
  waiting: string;
  /** The last one that was given up. */
  failed?: Delivery;
  /** The last one that was taken. */
  sent?: Delivery;
}

export async function standingOf(channel: string): Promise<Standing> {
  const [waiting, failed, sent] = await Promise.all([
    listDeliveries({ channel, state: 'pending' }, undefined, COUNTED),
    listDeliveries({ channel, state: 'failed' }, undefined, 1),
    listDeliveries({ channel, state: 'sent' }, undefined, 1),
  ]);
  return {
    waiting: `${waiting.items.length}${waiting.next ? '+' : ''}`,
    failed: failed.items[0],
    sent: sent.items[0],
  };
}

const OCCASIONS =
  /^(task_(completed|approved|blocked|gave_up|review_requested|block_loop)|clarification_requested|loop_halted|budget_)/;

/** Whether an event may put a delivery down, or change how one stands. */
export function concernsDeliveries({ event_type }: Event): boolean {
  return /^(delivery_|channel_)/.test(event_type) || OCCASIONS.test(event_type);
}
