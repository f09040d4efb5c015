// The channels, and how deliveries to each of them stand; kept current by the stream.

import { listChannels, type Channel } from './channels';
import { concernsDeliveries, standingOf, type Standing } from './deliveries';
import { Resource } from './resource.svelte';
import type { Event, EventStream } from './stream.svelte';

export class ChannelList {
  readonly channels: Resource<Channel[]>;
  #standings = new Map<string, Resource<Standing>>();

  constructor(
    fetch: () => Promise<Channel[]> = listChannels,
    private readonly ask: (channel: string) => Promise<Standing> = standingOf,
  ) {
    this.channels = new Resource(fetch);
  }

  /** How deliveries to one of them stand, loaded when it is first asked for. */
  standing(id: string): Resource<Standing> {
    const known = this.#standings.get(id);
    if (known) return known;
    const standing = new Resource(() => this.ask(id));
    this.#standings.set(id, standing);
    void standing.load();
    return standing;
  }

  load(): void {
    void this.channels.load();
    for (const standing of this.#standings.values()) void standing.load();
  }

  follow(stream: EventStream): () => void {
    return stream.subscribe({
      event: (event) => this.happened(event),
      reset: () => this.load(),
    });
  }

  happened(event: Event): void {
    const { channel_id } = (event.details ?? {}) as { channel_id?: string };
    if (event.event_type === 'channel_deleted' && channel_id) this.#forget(channel_id);
    if (event.event_type.startsWith('channel_')) this.channels.touch();
    if (!concernsDeliveries(event)) return;
    // What happens to a task may be told to any of them.
    for (const [id, standing] of this.#standings)
      if (channel_id === undefined || channel_id === id) standing.touch();
  }

  stop(): void {
    this.channels.stop();
    for (const standing of this.#standings.values()) standing.stop();
  }

  #forget(id: string): void {
    this.#standings.get(id)?.stop();
    this.#standings.delete(id);
  }
}
