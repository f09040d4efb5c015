// Many hints, few loads: the first hint acts soon, those that follow wait for the next turn.

export class Coalescer {
  #timer: ReturnType<typeof setTimeout> | undefined;
  #busy = false;
  #again = false;
  #stopped = false;

  constructor(
    private readonly act: () => Promise<void>,
    /** Hints that come within this time are one. */
    private readonly soonMs = 150,
    /** Between the end of one act and the start of the next. */
    private readonly restMs = 700,
  ) {}

  touch(): void {
    if (this.#busy) this.#again = true;
    else this.#wait(this.soonMs);
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #wait(ms: number): void {
    if (this.#stopped) return;
    this.#timer ??= setTimeout(() => void this.#run(), ms);
  }

  async #run(): Promise<void> {
    this.#timer = undefined;
    this.#busy = true;
    this.#again = false;
    try {
      await this.act();
    } finally {
      this.#busy = false;
      if (this.#again) this.#wait(this.restMs);
    }
  }
}
