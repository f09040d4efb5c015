// The projects that there are, for switchers and for names beside rows, and the one that is looked at.

import { client, Failure, take, type Schema } from './api';
import { editOf, newOf, type ProjectDraft } from './project-draft';
import { Resource } from './resource.svelte';
import type { EventStream } from './stream.svelte';

export type ProjectCard = Schema['ProjectCard'];

/** The short name that a name suggests. */
export function slugOf(name: string): string {
  const plain = name.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase();
  return plain
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '')
    .slice(0, 64);
}

/** What a list to choose from calls its projects, by slug: their names, with the slug where a name repeats. */
export function namesOf(projects: Pick<ProjectCard, 'slug' | 'name'>[]): Map<string, string> {
  const times = new Map<string, number>();
  for (const { name } of projects) times.set(name, (times.get(name) ?? 0) + 1);
  return new Map(
    projects.map(({ slug, name }) => [slug, times.get(name) === 1 ? name : `${name} (${slug})`]),
  );
}

export class Projects {
  readonly cards = new Resource<ProjectCard[]>(listProjects);
  #known = $derived(this.cards.value ?? []);
  #all = $derived(this.#known.filter((project) => !project.archived_at));
  #byId = $derived(new Map(this.#known.map((project) => [project.id, project])));

  /** Those that are not put away. */
  get all(): ProjectCard[] {
    return this.#all;
  }

  /** Whether the server has said which there are. */
  get known(): boolean {
    return this.cards.value !== undefined;
  }

  load(): Promise<void> {
    return this.cards.load();
  }

  /** What stands beside a row: the slug, which is short. */
  slug(id: string | null | undefined): string {
    return (id && this.#byId.get(id)?.slug) || '';
  }

  byName(slug: string): ProjectCard | undefined {
    return this.#known.find((project) => project.slug === slug);
  }

  /** Makes one and chooses it. */
  async create(draft: ProjectDraft): Promise<ProjectCard> {
    // The server takes a known short name for the same wish again; a person does not mean that.
    if (this.byName(draft.slug)) throw taken(draft.slug);
    const made = await take(client.POST('/api/projects', { body: newOf(draft) }));
    await this.load();
    return made;
  }

  /** Puts it away, or brings it back. */
  async archive({ slug }: ProjectCard, archived: boolean): Promise<void> {
    await updateProject(slug, { archived });
    await this.load();
  }

  /** Deletes it with its content. */
  async remove({ slug }: ProjectCard): Promise<void> {
    const params = { path: { project: slug }, query: { delete: true } };
    await take(client.DELETE('/api/projects/{project}', { params }));
    await this.load();
  }

  /** Loads again when a project comes, goes or changes, or its work is no longer handed out. */
  follow(stream: EventStream): () => void {
    return stream.subscribe({
      event: (event) => {
        const unknown = event.project_id && !this.#byId.has(event.project_id);
        if (unknown || /^(project_|loop_)/.test(event.event_type)) this.cards.touch();
      },
      reset: () => this.cards.touch(),
    });
  }
}

/** An edit that began with one version. Where somebody else was faster, the next one goes over theirs, knowingly. */
export class ProjectEdit {
  #version: number;

  constructor(readonly project: ProjectCard) {
    this.#version = project.version;
  }

  async save(draft: ProjectDraft): Promise<void> {
    const { slug } = this.project;
    try {
      await updateProject(slug, { ...editOf(draft), version: this.#version });
    } catch (cause) {
      if (Failure.of(cause).status === 409) this.#version = (await getProject(slug)).version;
      throw cause;
    }
  }
}

function getProject(project: string): Promise<ProjectCard> {
  return take(client.GET('/api/projects/{project}', { params: { path: { project } } }));
}

function updateProject(project: string, body: Schema['ProjectPatch']): Promise<unknown> {
  return take(client.PATCH('/api/projects/{project}', { params: { path: { project } }, body }));
}

/** By name, those that were put away too. Nobody has more. */
function listProjects(): Promise<ProjectCard[]> {
  const query = { include_archived: true, limit: 1000 };
  return take(client.GET('/api/projects', { params: { query } }));
}

function taken(slug: string): Failure {
  const detail = 'Another project has this short name.';
  const errors = [{ pointer: '/slug', detail }];
  return new Failure(`There is a project ${slug} already`, '', 409, { errors });
}
