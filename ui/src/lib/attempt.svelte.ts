// Something that a person asks the server for: from the click until it is done or refused.

import { Failure } from './api';

export class Attempt {
  #busy = $state(false);
  #failure = $state.raw<Failure>();

  /** Whether it is being done. */
  get busy(): boolean {
    return this.#busy;
  }

  /** Why the last one failed, until the next one begins. */
  get failure(): Failure | undefined {
    return this.#failure;
  }

  /** What is wrong with one field of what was asked. */
  field(name: string): string | undefined {
    return this.#failure?.field(name);
  }

  /** Does it and says whether it went well. A second press meanwhile does nothing. */
  async run(act: () => Promise<unknown>): Promise<boolean> {
    if (this.#busy) return false;
    this.#busy = true;
    this.#failure = undefined;
    try {
      await act();
      return true;
    } catch (cause) {
      this.#failure = Failure.of(cause);
      return false;
    } finally {
      this.#busy = false;
    }
  }
}
