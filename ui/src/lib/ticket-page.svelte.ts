// All that the page of one ticket shows, each part loaded once and kept current by the stream.

import { listTicketCalls, type LlmCall } from './calls';
import { Feed, fetchEvents } from './events.svelte';
import { Resource } from './resource.svelte';
import { listRuns, type Run } from './runs';
import type { Event, EventStream } from './stream.svelte';
import type { Comment, Task } from './tasks';
import { getTicket, listComments, listTasks, type Ticket } from './tickets';

/** Costs are summed over so many calls at most; the ticket's own totals hold all. */
export const CALLS_SHOWN = 1000;

export class TicketPage {
  readonly ticket: Resource<Ticket>;
  readonly tasks: Resource<Task[]>;
  readonly runs: Resource<Run[]>;
  readonly calls: Resource<LlmCall[]>;
  readonly comments: Resource<Comment[]>;
  readonly feed: Feed;

  constructor(private readonly id: string) {
    const items = <T>(page: { items: T[] }) => page.items;
    this.ticket = new Resource(() => getTicket(id));
    this.tasks = new Resource(() => listTasks(id).then(items));
    this.runs = new Resource(() => listRuns({ ticket: id }).then(items));
    this.calls = new Resource(() => listTicketCalls(id, undefined, CALLS_SHOWN).then(items));
    this.comments = new Resource(() => listComments(id).then(items));
    this.feed = new Feed(fetchEvents({ ticket: id }));
  }

  load(): void {
    for (const part of this.#parts) void part.load();
  }

  follow(stream: EventStream): () => void {
    return stream.subscribe({
      event: (event) => this.#happened(event),
      reset: () => this.load(),
    });
  }

  stop(): void {
    for (const part of this.#parts) part.stop();
  }

  get #parts() {
    return [this.ticket, this.tasks, this.runs, this.calls, this.comments, this.feed];
  }

  #happened(event: Event): void {
    if (event.ticket_id !== this.id) return;
    this.feed.add(event);
    this.ticket.touch();
    const type = event.event_type;
    if (/^(task|run|llm)_/.test(type)) this.tasks.touch();
    if (/^(run|llm)_/.test(type)) this.runs.touch();
    if (/^(run|llm)_/.test(type)) this.calls.touch();
    if (type === 'commented') this.comments.touch();
  }
}
