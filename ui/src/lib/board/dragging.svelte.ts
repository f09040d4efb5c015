// What is being dragged now, and what is said about it to those who do not see it.

import { count, words } from '../format';
import type { TaskState } from '../tasks';
import { takesCards } from './cards';
import type { DragListener } from './drag';

/** What a drag needs of its board. */
export interface Dragged {
  /** All cards that go with this one. */
  with(id: string): string[];
  title(id: string): string;
  /** All columns that are shown, from left to right. */
  columns(): TaskState[];
  /** Where a card stands. */
  status(id: string): TaskState | undefined;
  drop(ids: string[], to: TaskState): void;
  /** Brings a column into view. */
  show(column: TaskState): void;
}

export class Dragging implements DragListener {
  #ids = $state.raw<string[]>([]);
  #title = $state('');
  #over = $state<string>();
  #place = $state.raw<{ x: number; y: number }>();
  #said = $state('');

  constructor(private readonly board: Dragged) {}

  get ids(): string[] {
    return this.#ids;
  }

  get title(): string {
    return this.#title;
  }

  /** The column that would take what is dragged. */
  get target(): string | undefined {
    return this.#over;
  }

  /** Where the pointer is; nothing while it goes by keyboard. */
  get place(): { x: number; y: number } | undefined {
    return this.#place;
  }

  /** Read out as it changes. */
  get said(): string {
    return this.#said;
  }

  has(id: string): boolean {
    return this.#ids.includes(id);
  }

  started(id: string): void {
    this.#ids = this.board.with(id);
    this.#over = this.board.status(id);
    this.#title = this.#ids.length > 1 ? count(this.#ids.length, 'card') : this.board.title(id);
    this.#said = `Picked up ${this.#title}. Left and right choose a column, Space lets go, Escape puts it back.`;
  }

  moved(x: number, y: number): void {
    this.#place = { x, y };
  }

  over(column: string | undefined): void {
    if (this.#ids.length === 0) return;
    this.#over = column;
    this.#said = column ? `Over ${words(column)}.` : 'Over no column.';
    if (column && !this.#place) this.board.show(column as TaskState);
  }

  ended(column: string | undefined): void {
    const ids = this.#ids;
    const moves = column !== undefined && ids.some((id) => this.board.status(id) !== column);
    this.#said = moves ? `Let go over ${words(column)}.` : `${this.#title} stays where it was.`;
    this.#ids = [];
    this.#over = undefined;
    this.#place = undefined;
    if (moves) this.board.drop(ids, column as TaskState);
  }

  beside(column: string | undefined, step: 1 | -1): string | undefined {
    const own = this.board.status(this.#ids[0] ?? '');
    const columns = this.board.columns();
    const at = columns.indexOf((column ?? this.#over ?? own) as TaskState);
    // A card may stand in a column that takes none, or have others like that beside it.
    const beyond = step === 1 ? columns.slice(at + 1) : columns.slice(0, Math.max(0, at)).reverse();
    return beyond.find(takesCards);
  }
}
