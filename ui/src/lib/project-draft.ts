// What a person typed about a project, made into what the server is told.

import type { Schema } from './api';

export interface ProjectDraft {
  name: string;
  /** Only of a new one: it never changes. */
  slug: string;
  icon: string;
  /** `#rrggbb`, or nothing. */
  color: string;
  description: string;
  repo_path: string;
  clone_url: string;
  max_running: number | null;
  max_running_per_agent: number | null;
  max_wip: number | null;
}

/** What is typed into at first. */
export function draftOf(project?: Schema['Project']): ProjectDraft {
  return {
    name: project?.name ?? '',
    slug: project?.slug ?? '',
    icon: project?.icon ?? '',
    color: project?.color ?? '',
    description: project?.description ?? '',
    repo_path: project?.repo_path ?? '',
    clone_url: project?.clone_url ?? '',
    max_running: project?.max_running ?? null,
    max_running_per_agent: project?.max_running_per_agent ?? null,
    max_wip: project?.max_wip ?? null,
  };
}

/** Fields that were left empty are left out; limits are set where there is work. The new one becomes the current one. */
export function newOf(draft: ProjectDraft): Schema['NewProject'] {
  return {
    slug: draft.slug,
    name: draft.name.trim(),
    description: draft.description,
    icon: draft.icon.trim() || undefined,
    color: draft.color || undefined,
    repo_path: draft.repo_path.trim() || undefined,
    clone_url: draft.clone_url.trim() || undefined,
    switch: true,
  };
}

/** Fields that were left empty are taken away. */
export function editOf({ slug: _, ...draft }: ProjectDraft): Schema['ProjectPatch'] {
  return {
    ...draft,
    name: draft.name.trim(),
    icon: draft.icon.trim() || null,
    color: draft.color || null,
    repo_path: draft.repo_path.trim() || null,
    clone_url: draft.clone_url.trim() || null,
  };
}
