// The inbox: what needs a person, and how much of it there is.

import { client, takePage, type Page, type Schema } from './api';
import { Coalescer } from './coalesce';
import { compact } from './query';
import { openQuestions } from './questions';
import type { Event, EventStream } from './stream.svelte';

type InboxItem = Schema['InboxItem'];
export type InboxKind = InboxItem['kind'];

/** An item, with the answers to choose from where it is a question. */
export type Waiting = InboxItem & { options: string[] };

export const INBOX_KINDS: InboxKind[] = ['question', 'approval', 'failure', 'stuck', 'lost_lease'];

/** More is not counted. */
const COUNTED = 100;
/** Under load the number may be this much older than what it counts. */
const REST_MS = 3000;

/** What an inbox is narrowed to; an empty project narrows nothing. */
interface InboxFilter {
  project?: string;
  kind?: InboxKind | undefined;
}

function listItems(filter: InboxFilter, cursor?: string, limit = 100): Promise<Page<InboxItem>> {
  const query = compact({ ...filter, cursor, limit });
  return takePage(client.GET('/api/inbox', { params: { query } }));
}

export async function listInbox(
  filter: InboxFilter,
  cursor?: string,
  limit = 100,
): Promise<Page<Waiting>> {
  const { items, next } = await listItems(filter, cursor, limit);
  const asks = items.some((item) => item.question_id);
  const questions = asks ? (await openQuestions(filter.project ?? '')).items : [];
  const options = new Map(questions.map((question) => [question.id, question.options]));
  return {
    items: items.map((item) => ({ ...item, options: options.get(item.question_id ?? '') ?? [] })),
    next,
  };
}

/** Names an item as long as it is there. */
export function keyOf(item: Waiting): string {
  return `${item.kind} ${item.question_id ?? item.task_id ?? item.run_id}`;
}

/** Where more is said about it. */
export function pathOf(item: Waiting): string {
  return item.task_id ? `tasks/${item.task_id}` : `runs/${item.run_id}`;
}

type Words = Pick<Waiting, 'title' | 'reason' | 'question_id' | 'task_id'>;

/** In one line. A question of no task is called by its own first line, here without what marks words in Markdown. */
export function titleOf({ title, question_id, task_id }: Words): string {
  return question_id && !task_id ? title.replace(/[*_`]+|^#+ /g, '') : title;
}

/** The rest of the words: what is the title is not said again. */
export function textOf({ title, reason }: Words): string {
  const [first, ...rest] = reason.trim().split('\n');
  return first?.trim() === title ? rest.join('\n').trim() : reason;
}

/** Whether an event may put something into the inbox or take it out. */
export function concernsInbox(event: Event): boolean {
  return /^(task_|clarification_|run_finished|run_heartbeat_lost)/.test(event.event_type);
}

/** How much waits for a person, everywhere. */
export class Inbox {
  #size = $state(0);
  #more = $state(false);
  #turn = 0;
  readonly #hints = new Coalescer(() => this.load(), 150, REST_MS);

  get size(): number {
    return this.#size;
  }

  /** The number to read: `3`, `100+`, or an empty text. */
  get label(): string {
    return this.#size === 0 ? '' : `${this.#size}${this.#more ? '+' : ''}`;
  }

  async load(): Promise<void> {
    const turn = ++this.#turn;
    // Where the number cannot be read, the last one stays.
    const page = await listItems({}, undefined, COUNTED).catch(() => undefined);
    if (!page || turn !== this.#turn) return;
    this.#size = page.items.length;
    this.#more = page.next !== undefined;
  }

  follow(stream: EventStream): () => void {
    return stream.subscribe({
      event: (event) => {
        if (concernsInbox(event)) this.#hints.touch();
      },
      reset: () => this.#hints.touch(),
    });
  }
}
