// Whether the server hands out work at all: seen on every page, because nothing else explains why nothing starts.

import { Resource } from './resource.svelte';
import { getStatus, type Status } from './status';
import type { EventStream } from './stream.svelte';

export class Daemon {
  readonly #status: Resource<Status>;

  constructor(fetch: () => Promise<Status> = getStatus) {
    this.#status = new Resource(fetch);
  }

  get paused(): boolean {
    return this.#status.value?.daemon_state === 'paused';
  }

  load(): Promise<void> {
    return this.#status.load();
  }

  follow(stream: EventStream): () => void {
    return stream.subscribe({
      event: ({ event_type }) => {
        if (event_type.startsWith('daemon_')) this.#status.touch();
      },
      reset: () => this.#status.touch(),
    });
  }
}
