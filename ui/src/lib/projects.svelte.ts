// The projects that there are, for switchers and for names beside rows, and the one that is looked at.

import { client, Failure, take, type Schema } from './api';
import { Resource } from './resource.svelte';
import type { EventStream } from './stream.svelte';

export type ProjectCard = Schema['ProjectCard'];

/** What a person typed about a new project. */
export interface ProjectDraft {
  name: string;
  slug: string;
  icon: string;
  description: string;
  repository: string;
}

/** The short name that a name suggests. */
export function slugOf(name: string): string {
  const plain = name.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase();
  return plain
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '')
    .slice(0, 64);
}

export class Projects {
  readonly #cards = new Resource<ProjectCard[]>(() => take(client.GET('/api/projects')));
  #byId = $derived(new Map(this.all.map((project) => [project.id, project])));

  get all(): ProjectCard[] {
    return this.#cards.value ?? [];
  }

  /** Whether the server has said which there are. */
  get known(): boolean {
    return this.#cards.value !== undefined;
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

  /** Makes one and chooses it. */
  async create(draft: ProjectDraft): Promise<ProjectCard> {
    // The server takes a known short name for the same wish again; a person does not mean that.
    if (this.byName(draft.slug)) throw taken(draft.slug);
    const { icon, repository, ...fields } = draft;
    const body = {
      ...fields,
      icon: icon || undefined,
      repo_path: repository.trim() || undefined,
      switch: true,
    };
    const made = await take(client.POST('/api/projects', { body }));
    await this.load();
    return made;
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

function taken(slug: string): Failure {
  const detail = 'Another project has this short name.';
  const errors = [{ pointer: '/slug', detail }];
  return new Failure(`There is a project ${slug} already`, '', 409, { errors });
}
