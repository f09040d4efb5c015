// What a person does to the cards of a board: moves them, changes them together, makes new ones.

import { Failure, idempotencyKey } from '../api';
import { count, words } from '../format';
import { newOf, type NewTaskDraft } from '../task-draft';
import { wordsFor, type Said } from '../task-moves';
import type { Toasts } from '../toasts.svelte';
import type { TaskState } from '../tasks';
import type { Board } from './board.svelte';
import { hasWorker } from './cards';
import { changeCards, makeCard, moveCards, type Refused } from './moves';
import type { Selection } from './selection.svelte';

/** A move that is asked about, once for all its cards. */
export interface Asked {
  ids: string[];
  to: TaskState;
  /** So many of them have a worker now. */
  takesBack: number;
}

export class Deeds {
  #asked = $state.raw<Asked>();
  #refused = $state.raw<Refused>(new Map());
  #busy = $state(false);
  #addKey = idempotencyKey();

  constructor(
    private readonly board: Board,
    private readonly selection: Selection,
    private readonly toasts: Toasts,
  ) {}

  get asked(): Asked | undefined {
    return this.#asked;
  }

  get busy(): boolean {
    return this.#busy;
  }

  /** Why the last change of a card was refused. */
  refusal(id: string): string | undefined {
    return this.#refused.get(id);
  }

  dismiss(): void {
    this.#asked = undefined;
  }

  /** Asks once for all cards where there is something to ask, and moves them otherwise at once. */
  ask(ids: string[], to: TaskState): void {
    const moved = ids.filter((id) => this.board.card(id)?.status !== to);
    const atWork = moved.filter((id) => hasWorker(this.board.card(id)?.status ?? 'todo'));
    if (moved.length === 0) return;
    if (atWork.length > 0 || wordsFor(to)) {
      this.#asked = { ids: moved, to, takesBack: atWork.length };
    } else {
      // What went wrong was said already.
      void this.move(moved, to, { text: '', reclaim: false }).catch(() => {});
    }
  }

  async move(ids: string[], to: TaskState, said: Said): Promise<void> {
    const lifted = this.board.lift(ids, to);
    try {
      await this.#carryOut(ids, () => moveCards(ids, to, said), `moved to ${words(to)}`);
    } catch (cause) {
      this.board.putBack(lifted);
      throw cause;
    }
  }

  /** Changes the chosen cards. */
  change(what: Parameters<typeof changeCards>[1], done: string): void {
    const ids = [...this.selection.ids];
    void this.#carryOut(ids, () => changeCards(ids, what), done).catch(() => {});
  }

  async add(title: string, to: TaskState): Promise<void> {
    this.#made(await makeCard({ project: this.board.project, title }, to, this.#addKey));
  }

  /** The same, with all that is said about it. */
  async create(draft: NewTaskDraft, to: TaskState): Promise<void> {
    this.#made(await makeCard(newOf(draft, this.board.project), to, this.#addKey));
  }

  #made({ task, warning }: { task: { id: string }; warning?: string | null }): void {
    this.#addKey = idempotencyKey();
    if (warning) this.toasts.say(warning);
    this.board.touch([task.id]);
  }

  /** Says what became of cards; those that were refused go back and stay chosen. */
  async #carryOut(ids: string[], act: () => Promise<Refused>, done: string): Promise<void> {
    this.#busy = true;
    this.#refused = new Map();
    try {
      this.#refused = await act();
      if (this.selection.size > 0) this.selection.keep(this.#refused.keys());
      const [reason] = this.#refused.values();
      if (reason === undefined) this.toasts.say(`${count(ids.length, 'card')} ${done}.`);
      else this.toasts.fail(this.#notDone(ids.length, done), new Failure(reason, '', 409));
    } catch (cause) {
      this.toasts.fail(this.#notDone(ids.length, done), Failure.of(cause));
      throw cause;
    } finally {
      this.#busy = false;
      this.board.touch(ids);
    }
  }

  #notDone(amount: number, done: string): string {
    const failed = this.#refused.size || amount;
    if (amount === 1) return `The card was not ${done}.`;
    return `${failed} of ${count(amount, 'card')} ${failed === 1 ? 'was' : 'were'} not ${done}.`;
  }
}
