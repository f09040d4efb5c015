// Projects as files: saved to be kept or to be taken to another server, and made again of such a file.

import { client, Failure, take, type Schema } from './api';

/** The last line is short. */
const END_BYTES = 4096;

/** The whole of a project in one file. What broke off on its way is refused, for it could not be made again. */
export async function exportProject(project: string): Promise<Blob> {
  const params = { path: { project } };
  const lines: Blob = await take(
    client.GET('/api/projects/{project}/export', { params, parseAs: 'blob' }),
  );
  if (!endsWell(await lines.slice(-END_BYTES).text()))
    throw new Failure('The export broke off', 'Its last line is missing. Nothing was saved.', 0);
  return lines;
}

/** Whether these are the last characters of a whole export. */
export function endsWell(end: string): boolean {
  const last = end.trimEnd().split('\n').at(-1) ?? '';
  try {
    return (JSON.parse(last) as { kind?: string }).kind === 'end';
  } catch {
    return false;
  }
}

/** Hands a file to the browser, which saves it. */
export function save(content: Blob, name: string): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(content);
  link.download = name;
  link.click();
  // The browser has taken it by then, and keeps no copy for us.
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

/** Makes a project of such a file, under its own short name or another one. It is paused. */
export function importProject(file: File, slug: string): Promise<Schema['ProjectCard']> {
  return take(
    client.POST('/api/imports', {
      params: { query: { slug: slug || undefined } },
      body: file as unknown as Schema['ExportLine'],
      bodySerializer: () => file,
      headers: { 'Content-Type': 'application/x-ndjson' },
    }),
  );
}
