// All that the page of one task shows, each part loaded once and kept current by the stream.

import { Feed, fetchEvents } from './events.svelte';
import { Resource } from './resource.svelte';
import { getRun, type RunDetail } from './runs';
import type { Event, EventStream } from './stream.svelte';
import { getTask, type Task, type TaskDetail } from './tasks';

/** Names of linked tasks are asked for one by one, so only of so many. */
const NAMED = 50;

export class TaskPage {
  readonly detail: Resource<TaskDetail>;
  readonly feed: Feed;
  #runs = new Map<string, Resource<RunDetail>>();
  #linked = $state.raw<Map<string, Task>>(new Map());
  #stopped = false;

  constructor(readonly id: string) {
    this.detail = new Resource(async () => {
      const detail = await getTask(id);
      void this.#nameLinks(detail);
      return detail;
    });
    this.feed = new Feed(fetchEvents({ task: id }));
  }

  get task(): Task | undefined {
    return this.detail.value?.task;
  }

  /** A task that this one is linked to, once it is known. */
  linked(id: string): Task | undefined {
    return this.#linked.get(id);
  }

  /** One of its runs with steps and children, loaded when it is first asked for. */
  run(id: string): Resource<RunDetail> {
    const known = this.#runs.get(id);
    if (known) return known;
    const run = new Resource(() => getRun(id));
    this.#runs.set(id, run);
    void run.load();
    return run;
  }

  load(): void {
    void this.detail.load();
    void this.feed.load();
    for (const run of this.#runs.values()) void run.load();
  }

  follow(stream: EventStream): () => void {
    return stream.subscribe({
      event: (event) => this.#happened(event),
      reset: () => this.load(),
    });
  }

  stop(): void {
    this.#stopped = true;
    for (const part of [this.detail, this.feed, ...this.#runs.values()]) part.stop();
  }

  #happened(event: Event): void {
    if (event.run_id) this.#runs.get(event.run_id)?.touch();
    if (event.task_id && this.#linked.has(event.task_id)) this.detail.touch();
    if (event.task_id !== this.id) return;
    this.feed.add(event);
    this.detail.touch();
  }

  async #nameLinks({ links }: TaskDetail): Promise<void> {
    const ids = [...links.parents, ...links.children].slice(0, NAMED);
    // One that cannot be read stays without a name.
    const found = await Promise.all(ids.map((id) => getTask(id).catch(() => undefined)));
    if (this.#stopped) return;
    const tasks = found.flatMap((detail) => (detail ? [detail.task] : []));
    this.#linked = new Map(tasks.map((task) => [task.id, task]));
  }
}
