// Tickets: every use case of their pages.

import { client, take, takePage, type Page, type Schema } from './api';
import { compact, list } from './query';
import type { Comment, Task } from './tasks';

export type Ticket = Schema['Ticket'];
export type TicketStatus = Schema['TicketStatus'];
export type NewTicket = Schema['NewTicket'];
export type TicketPatch = Schema['TicketPatch'];
export type TicketSort = Schema['TicketSort'];

export const TICKET_STATUSES: TicketStatus[] = [
  'queued',
  'clarification_needed',
  'planning',
  'plan_validating',
  'implementing',
  'reviewing',
  'pr_created',
  'awaiting_merge',
  'merged',
  'pr_closed',
  'decomposing',
  'decomposed',
  'done',
  'failed',
  'blocked',
  'partial',
];

export const TICKET_SORTS: [sort: TicketSort, label: string][] = [
  ['-created_at', 'Newest first'],
  ['created_at', 'Oldest first'],
  ['-updated_at', 'Last changed first'],
  ['-priority', 'Highest priority first'],
  ['-cost_usd', 'Most expensive first'],
];

export interface TicketFilter {
  status: string;
  project: string;
  q: string;
  sort: string;
}

export function listTickets(
  filter: TicketFilter,
  cursor?: string,
  limit = 100,
): Promise<Page<Ticket>> {
  const query = compact({
    ...filter,
    status: list<TicketStatus>(filter.status),
    sort: filter.sort as TicketSort,
    cursor,
    limit,
  });
  return takePage(client.GET('/api/tickets', { params: { query } }));
}

export function getTicket(id: string): Promise<Ticket> {
  return take(client.GET('/api/tickets/{id}', { params: { path: { id } } }));
}

export function createTicket(ticket: NewTicket, key: string): Promise<Ticket> {
  return take(client.POST('/api/tickets', { body: ticket, headers: { 'Idempotency-Key': key } }));
}

export function updateTicket(id: string, patch: TicketPatch): Promise<Ticket> {
  return take(client.PATCH('/api/tickets/{id}', { params: { path: { id } }, body: patch }));
}

export function deleteTicket(id: string): Promise<unknown> {
  return take(client.DELETE('/api/tickets/{id}', { params: { path: { id } } }));
}

export function retryTicket(id: string): Promise<unknown> {
  return take(client.POST('/api/tickets/{id}/retry', { params: { path: { id } } }));
}

export function canRetry(status: TicketStatus): boolean {
  return status === 'failed' || status === 'blocked' || status === 'partial';
}

export function listTasks(ticket: string): Promise<Page<Task>> {
  const params = { path: { id: ticket }, query: { limit: 1000 } };
  return takePage(client.GET('/api/tickets/{id}/tasks', { params }));
}

export function listComments(ticket: string): Promise<Page<Comment>> {
  const params = { path: { id: ticket }, query: { limit: 1000 } };
  return takePage(client.GET('/api/tickets/{id}/comments', { params }));
}

export function addComment(ticket: string, body: string, key: string): Promise<Comment> {
  return take(
    client.POST('/api/tickets/{id}/comments', {
      params: { path: { id: ticket } },
      body: { body },
      headers: { 'Idempotency-Key': key },
    }),
  );
}
