// How this person wants to see boards; kept by the server, so that it is the same in every browser.

import { client, take, type Schema } from './api';

export type BoardPreferences = Schema['BoardPreferences'];

const USUAL: BoardPreferences = {
  default_tenant: '',
  lane_by_profile: true,
  include_archived_by_default: false,
  render_markdown: true,
};

export class Preferences {
  #board = $state.raw<BoardPreferences>();

  /** The usual ones while the server was not asked, or could not be. */
  get board(): BoardPreferences {
    return this.#board ?? USUAL;
  }

  /** Whether the server has said, or cannot say. */
  get known(): boolean {
    return this.#board !== undefined;
  }

  async load(): Promise<void> {
    this.#board = await take(client.GET('/api/config')).catch(() => this.board);
  }

  async change(patch: Schema['BoardPreferencesPatch']): Promise<void> {
    this.#board = await take(client.PATCH('/api/config', { body: patch }));
  }
}
