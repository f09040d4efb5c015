// The cards that are chosen together, by ctrl for one more and by shift for all between.

export class Selection {
  #ids = $state.raw<ReadonlySet<string>>(new Set());
  #anchor: string | undefined;

  get ids(): ReadonlySet<string> {
    return this.#ids;
  }

  get size(): number {
    return this.#ids.size;
  }

  has(id: string): boolean {
    return this.#ids.has(id);
  }

  toggle(id: string): void {
    const ids = new Set(this.#ids);
    if (!ids.delete(id)) ids.add(id);
    this.#anchor = id;
    this.#ids = ids;
  }

  /** Everything from the last one that was chosen to this one, in the order of their column. */
  extend(id: string, order: string[]): void {
    const from = this.#anchor === undefined ? -1 : order.indexOf(this.#anchor);
    const to = order.indexOf(id);
    if (from < 0 || to < 0) return this.toggle(id);
    const between = order.slice(Math.min(from, to), Math.max(from, to) + 1);
    this.#ids = new Set([...this.#ids, ...between]);
  }

  add(ids: Iterable<string>): void {
    this.#ids = new Set([...this.#ids, ...ids]);
  }

  drop(ids: Iterable<string>): void {
    const dropped = new Set(ids);
    this.#ids = new Set([...this.#ids].filter((id) => !dropped.has(id)));
  }

  /** Only these stay chosen. */
  keep(ids: Iterable<string>): void {
    this.#ids = new Set(ids);
  }

  clear(): void {
    this.#ids = new Set();
    this.#anchor = undefined;
  }
}
