// All that the page of one task shows, each part loaded once and kept current by the stream.

import { Failure, idempotencyKey } from './api';
import { Feed, fetchEvents } from './events.svelte';
import { addFile, deleteFile, listFiles, type Attachment } from './files';
import { answerQuestion } from './questions';
import { help, type Change } from './remedies';
import { Resource } from './resource.svelte';
import { getRun, type RunDetail } from './runs';
import type { Event, EventStream } from './stream.svelte';
import { listHomes, subscribe, unsubscribe, type HomeChannel } from './subscriptions';
import { editOf, type TaskDraft } from './task-draft';
import { moveTask, type Move, type Said } from './task-moves';
import {
  addTaskComment,
  deleteTask,
  findTasks,
  getTask,
  linkTasks,
  unlinkTasks,
  updateTask,
  whyNot,
  type Task,
  type TaskDetail,
  type TaskWhy,
} from './tasks';
import { getTicket, type Ticket } from './tickets';

/** Names of linked tasks are asked for one by one, so only of so many. */
const NAMED = 50;

export class TaskPage {
  readonly detail: Resource<TaskDetail>;
  readonly feed: Feed;
  readonly files: Resource<Attachment[]>;
  /** Where it may be told of by one click. */
  readonly homes: Resource<HomeChannel[]>;
  /** What it is a part of, where there is such a thing. */
  readonly ticket: Resource<Ticket>;
  /** What is typed and not yet sent, by the question that it answers; `comment` for what answers none. */
  readonly drafts: Record<string, string | undefined> = $state({});
  #runs = new Map<string, Resource<RunDetail>>();
  #linked = $state.raw<Map<string, Task>>(new Map());
  #why = $state.raw<Resource<TaskWhy>>();
  #ticketId = '';
  #stopped = false;
  #leaving = false;
  #commentKey = idempotencyKey();
  /** The version that an edit began with. */
  #version = 0;

  constructor(readonly id: string) {
    this.detail = new Resource(async () => {
      const detail = await getTask(id);
      void this.#nameLinks(detail);
      this.#nameTicket(detail.task.ticket_id);
      return detail;
    });
    this.feed = new Feed(fetchEvents({ task: id }));
    this.files = new Resource(() => listFiles(id).then(({ items }) => items));
    this.ticket = new Resource(() => getTicket(this.#ticketId));
    this.homes = new Resource(() => listHomes(id));
  }

  get task(): Task | undefined {
    return this.detail.value?.task;
  }

  /** A task that this one is linked to, once it is known. */
  linked(id: string): Task | undefined {
    return this.#linked.get(id);
  }

  /** What keeps it from being worked on, once somebody has asked. */
  get why(): Resource<TaskWhy> | undefined {
    return this.#why;
  }

  askWhy(): void {
    this.#why = new Resource(() => whyNot(this.id));
    void this.#why.load();
  }

  dropWhy(): void {
    this.#why?.stop();
    this.#why = undefined;
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

  beginEdit(): void {
    this.#version = this.task?.version ?? 0;
  }

  async save(draft: TaskDraft): Promise<void> {
    try {
      await updateTask(this.id, { ...editOf(draft), version: this.#version });
    } catch (cause) {
      const failure = Failure.of(cause);
      // Somebody else was faster. The next save goes over what is there now, knowingly.
      if (failure.status === 409) {
        await this.detail.load();
        this.beginEdit();
      }
      throw failure;
    }
    await this.detail.load();
  }

  async move(move: Move, said: Said): Promise<void> {
    await moveTask(this.id, move, said);
    await this.detail.load();
  }

  /** Takes it back from the worker who has it. */
  async takeBack(): Promise<void> {
    await updateTask(this.id, { status: 'ready', reclaim_first: true });
    await this.detail.load();
  }

  /** Does what may help it. */
  async help(what: Change, text: string): Promise<void> {
    await help(this.id, what, text, this.#commentKey);
    this.#commentKey = idempotencyKey();
    await this.detail.load();
  }

  async answer(question: string, text: string): Promise<void> {
    await answerQuestion(question, text);
    await this.detail.load();
  }

  async remove(): Promise<void> {
    // What the stream says of its end is no failure of this page.
    this.#leaving = true;
    try {
      await deleteTask(this.id);
    } catch (cause) {
      this.#leaving = false;
      throw cause;
    }
  }

  async comment(body: string): Promise<void> {
    await addTaskComment(this.id, body, this.#commentKey);
    this.#commentKey = idempotencyKey();
    await this.detail.load();
  }

  async addFile(file: File): Promise<void> {
    await addFile(this.id, file);
    await this.files.load();
  }

  async removeFile(id: string): Promise<void> {
    await deleteFile(id);
    await this.files.load();
  }

  /** Has its occasions told to the home of a platform, or no longer. */
  async notify(platform: HomeChannel['platform'], on: boolean): Promise<void> {
    await (on ? subscribe(this.id, platform) : unsubscribe(this.id, platform));
    await this.homes.load();
  }

  async link(way: 'parent' | 'child', other: string): Promise<void> {
    await (way === 'parent' ? linkTasks(other, this.id) : linkTasks(this.id, other));
    await this.detail.load();
  }

  async unlink(way: 'parent' | 'child', other: string): Promise<void> {
    await (way === 'parent' ? unlinkTasks(other, this.id) : unlinkTasks(this.id, other));
    await this.detail.load();
  }

  /** Other tasks of its project that hold a text. */
  async find(q: string): Promise<Task[]> {
    const { items } = await findTasks(this.task?.project_id ?? '', q);
    return items.filter((other) => other.id !== this.id);
  }

  load(): void {
    void this.detail.load();
    void this.feed.load();
    void this.#why?.load();
    void this.files.load();
    void this.homes.load();
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
    this.#why?.stop();
    for (const part of [this.detail, this.feed, this.files, this.homes, ...this.#runs.values()])
      part.stop();
  }

  #happened(event: Event): void {
    if (this.#leaving) return;
    // Whether a worker is free, or the loop stands still, is told of no task.
    this.#why?.touch();
    if (event.event_type.startsWith('channel_')) this.homes.touch();
    if (event.run_id) this.#runs.get(event.run_id)?.touch();
    if (event.task_id && this.#linked.has(event.task_id)) this.detail.touch();
    if (event.task_id !== this.id) return;
    this.feed.add(event);
    if (['attached', 'attachment_removed'].includes(event.event_type)) this.files.touch();
    if (['subscribed', 'unsubscribed'].includes(event.event_type)) this.homes.touch();
    this.detail.touch();
  }

  #nameTicket(id: string | null | undefined): void {
    if (!id || id === this.#ticketId) return;
    this.#ticketId = id;
    void this.ticket.load();
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
