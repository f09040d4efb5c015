// Files of tasks.

import { address, client, take, takePage, type Page, type Schema } from './api';

export type Attachment = Schema['Attachment'];

export function listFiles(task: string): Promise<Page<Attachment>> {
  const params = { path: { id: task }, query: { limit: 100 } };
  return takePage(client.GET('/api/tasks/{id}/attachments', { params }));
}

/** Gives a task a file: its content as it is, and its type where the browser knows one. */
export function addFile(task: string, file: File): Promise<Attachment> {
  return take(
    client.POST('/api/tasks/{id}/attachments', {
      params: { path: { id: task }, query: { name: file.name } },
      body: file as unknown as string,
      bodySerializer: () => file,
      headers: { 'Content-Type': file.type || 'application/octet-stream' },
    }),
  );
}

export async function deleteFile(id: string): Promise<void> {
  await take(client.DELETE('/api/attachments/{id}', { params: { path: { id } } }));
}

/** Where a file is saved from. */
export function fileAddress(id: string): string {
  return address(`/api/attachments/${id}`);
}

/** `1.4 MB`. */
export function bytes(size: number): string {
  const units = ['B', 'kB', 'MB'];
  const at = Math.min(Math.floor(Math.log10(Math.max(size, 1)) / 3), units.length - 1);
  const value = size / 1000 ** at;
  return `${at === 0 ? value : value.toFixed(1)} ${units[at]}`;
}
