// The one door to the server: typed requests, failures as problems, pages by their Link header.

import createClient, { type Middleware } from 'openapi-fetch';
import type { components, paths } from './schema';

export type Schema = components['schemas'];
export type Problem = Schema['Problem'];

/** What went wrong, in words that can be shown. `status` is 0 when the server was not reached. */
export class Failure extends Error {
  constructor(
    readonly title: string,
    readonly detail: string,
    readonly status: number,
    readonly problem?: Partial<Problem>,
  ) {
    super(detail || title);
    this.name = 'Failure';
  }

  /** What is wrong with one field of the body, where the server said so. */
  field(name: string): string | undefined {
    return this.problem?.errors?.find((error) => error.pointer.replace(/^\//, '') === name)?.detail;
  }

  static of(cause: unknown): Failure {
    if (cause instanceof Failure) return cause;
    if (cause instanceof TypeError) return new Failure('The server cannot be reached', '', 0);
    return new Failure('Something went wrong', String(cause), 0);
  }
}

/** A piece of a list, and the address of the next one. */
export interface Page<T> {
  items: T[];
  next?: string;
}

/** Set at login; changes made with the login cookie must carry it. */
let csrfToken: string | undefined;

export function useCsrfToken(token: string | null | undefined): void {
  csrfToken = token ?? undefined;
}

const csrf: Middleware = {
  onRequest({ request }) {
    if (csrfToken && request.method !== 'GET') request.headers.set('X-CSRF-Token', csrfToken);
  },
};

const root = new URL('.', document.baseURI).href.replace(/\/$/, '');

export const client = createClient<paths>({
  baseUrl: root,
  querySerializer: { array: { style: 'form', explode: false } },
});
client.use(csrf);

/** Calls back whenever the server does not know who asks. */
export function onUnknown(unknown: () => void): void {
  client.use({
    onResponse({ response }) {
      if (response.status === 401) unknown();
    },
  });
}

/** An address of the server, for links, sockets and event sources. */
export function address(path: string): string {
  return root + path;
}

interface Answer<T> {
  data?: T;
  error?: unknown;
  response: Response;
}

/** The body of a good answer; anything else is thrown as a `Failure`. */
export async function take<T>(answer: Promise<Answer<T>>): Promise<T> {
  return (await settled(answer)).data as T;
}

/** The same for lists. */
export async function takePage<T>(answer: Promise<Answer<T[]>>): Promise<Page<T>> {
  const { data, response } = await settled(answer);
  return { items: data ?? [], next: nextCursor(response.headers.get('Link')) };
}

async function settled<T>(answer: Promise<Answer<T>>): Promise<Answer<T>> {
  let settled: Answer<T>;
  try {
    settled = await answer;
  } catch (cause) {
    throw Failure.of(cause);
  }
  if (!settled.response.ok) throw failure(settled.error, settled.response);
  return settled;
}

function failure(error: unknown, response: Response): Failure {
  const problem = typeof error === 'object' && error !== null ? (error as Partial<Problem>) : {};
  const title = problem.title ?? `The server answered ${response.status}`;
  return new Failure(title, problem.detail ?? '', response.status, problem);
}

/** The cursor in `<…?cursor=…>; rel="next"`. */
export function nextCursor(link: string | null): string | undefined {
  const target = link?.match(/<([^>]*)>\s*;\s*rel="next"/)?.[1];
  if (!target) return undefined;
  return new URL(target, document.baseURI).searchParams.get('cursor') ?? undefined;
}

/** Makes a repeated request happen once: kept from the first try to the last. */
export function idempotencyKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
