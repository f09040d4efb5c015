// The projects that there are, for switchers and for names beside rows, and the one that is looked at.

import { client, take, type Schema } from './api';
import { Resource } from './resource.svelte';
import type { EventStream } from './stream.svelte';

export type ProjectCard = Schema['ProjectCard'];

export class Projects {
  readonly #cards = new Resource<ProjectCard[]>(() => take(client.GET('/api/projects')));
  #byId = $derived(new Map(this.all.map((project) => [project.id, project])));

  get all(): ProjectCard[] {
    return this.#cards.value ?? [];
  }

  load(): Promise<void> {
    return this.#cards.load();
  }

  /** What stands beside a row: the slug, which is short. */
  slug(id: string | null | undefined): string {
    return (id && this.#byId.get(id)?.slug) || '';
  }

  byName(slug: string): ProjectCard | undefined {
    return this.all.find((project) => project.slug === slug);
  }

  /** Loads again when a project comes, goes or changes its name. */
  follow(stream: EventStream): () => void {
    return stream.subscribe({
      event: (event) => {
        const unknown = event.project_id && !this.#byId.has(event.project_id);
        if (unknown || event.event_type.startsWith('project_')) this.#cards.touch();
      },
      reset: () => this.#cards.touch(),
    });
  }
}
