// What of a board is shown: as the address says, else as the person likes it.

import type { BoardPreferences } from '../preferences.svelte';
import type { BoardFilter } from './cards';

export interface BoardView extends BoardFilter {
  /** Cards of one agent stand together. */
  lanes: boolean;
}

/** In the address: every tenant, where usually one is shown. */
const EVERY = '*';

export function viewOf(param: (name: string) => string, usual: BoardPreferences): BoardView {
  const tenant = param('tenant') || usual.default_tenant;
  return {
    tenant: tenant === EVERY ? '' : tenant,
    assignee: param('assignee'),
    q: param('q'),
    archived: flag(param('archived'), usual.include_archived_by_default),
    lanes: flag(param('lanes'), usual.lane_by_profile),
  };
}

/** The same as parameters of the address, where it differs from what is usual. */
export function paramsOf(
  changes: Partial<BoardView>,
  usual: BoardPreferences,
): Record<string, string> {
  const { tenant, archived, lanes, ...words } = changes;
  const params: Record<string, string> = { ...words };
  if (tenant !== undefined) {
    params.tenant = tenant === usual.default_tenant ? '' : tenant || EVERY;
  }
  if (archived !== undefined) params.archived = said(archived, usual.include_archived_by_default);
  if (lanes !== undefined) params.lanes = said(lanes, usual.lane_by_profile);
  return params;
}

function flag(text: string, usual: boolean): boolean {
  return text === '' ? usual : text === '1';
}

function said(on: boolean, usual: boolean): string {
  if (on === usual) return '';
  return on ? '1' : '0';
}
