// What is usual on one board: what the person likes, as far as it fits the project.

import type { BoardPreferences } from '../preferences.svelte';

/** Says whether a project has tasks of a tenant. */
export interface Tenanted {
  has(tenant: string): Promise<boolean>;
}

export class Usual {
  #tenant = $state<string>();
  #asked = '';

  constructor(private readonly board: Tenanted) {}

  /** The usual tenant, or an empty text for every one; nothing while it is not known whether the project has it. */
  get tenant(): string | undefined {
    return this.#tenant;
  }

  /** The same preferences; a tenant that the project does not have would leave its board empty. */
  of(preferences: BoardPreferences): BoardPreferences {
    return { ...preferences, default_tenant: this.#tenant ?? '' };
  }

  /** Settled once, so that a card that comes later does not change what is shown. */
  async settle(tenant: string): Promise<void> {
    this.#asked = tenant;
    const fits = tenant !== '' && (await this.board.has(tenant));
    if (tenant === this.#asked) this.#tenant = fits ? tenant : '';
  }
}
