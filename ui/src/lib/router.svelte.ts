// The address bar: which page is shown, with what. Addresses are those of the server, below its base path.

export interface Route<Page> {
  /** Such as `/runs/:id`. */
  path: string;
  page: Page;
}

export interface Match<Page> {
  route: Route<Page>;
  params: Record<string, string>;
}

/** The first route that fits a path; `:name` takes one part of it. */
export function match<Page>(routes: Route<Page>[], path: string): Match<Page> | undefined {
  const parts = split(path);
  for (const route of routes) {
    const params = fit(split(route.path), parts);
    if (params) return { route, params };
  }
  return undefined;
}

function split(path: string): string[] {
  return path.split('/').filter(Boolean);
}

function fit(pattern: string[], parts: string[]): Record<string, string> | undefined {
  if (pattern.length !== parts.length) return undefined;
  const params: Record<string, string> = {};
  for (const [index, wanted] of pattern.entries()) {
    const part = parts[index] ?? '';
    if (wanted.startsWith(':')) params[wanted.slice(1)] = decode(part);
    else if (wanted !== part) return undefined;
  }
  return params;
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

export class Router {
  #url = $state.raw(new URL(location.href));
  /** What stands before every path: `/`, or such as `/x/`. */
  readonly base: string;
  #moved = false;

  constructor(base = new URL(document.baseURI).pathname) {
    this.base = base;
  }

  /** The path below the base, beginning with a slash. */
  get path(): string {
    return this.inner(this.#url.pathname) ?? '/';
  }

  /** Whether this is no longer the page that was opened first. */
  get moved(): boolean {
    return this.#moved;
  }

  get hash(): string {
    return this.#url.hash;
  }

  /** A filter that stands in the address, or an empty text. */
  param(name: string): string {
    return this.#url.searchParams.get(name) ?? '';
  }

  /** Writes filters into the address without a step in the history; empty ones are taken out. */
  filter(changes: Record<string, string>): void {
    const url = new URL(this.#url);
    for (const [name, value] of Object.entries(changes)) {
      if (value) url.searchParams.set(name, value);
      else url.searchParams.delete(name);
    }
    this.#replace(url);
  }

  setHash(hash: string): void {
    const url = new URL(this.#url);
    url.hash = hash;
    this.#replace(url);
  }

  /** Goes to a path below the base, such as `/runs?state=failed`. */
  go(to: string): void {
    const url = new URL(this.base + to.replace(/^\//, ''), location.origin);
    history.pushState(null, '', url);
    this.#moved = true;
    this.#url = url;
    scrollTo(0, 0);
  }

  /** The same without a step in the history. */
  redirect(to: string): void {
    this.#replace(new URL(this.base + to.replace(/^\//, ''), location.origin));
  }

  /** Follows the browser's buttons and plain clicks on our own links until it is told to stop. */
  listen(isPage: (path: string) => boolean): () => void {
    const moved = () => (this.#url = new URL(location.href));
    const clicked = (event: MouseEvent) => this.#clicked(event, isPage);
    addEventListener('popstate', moved);
    addEventListener('hashchange', moved);
    document.addEventListener('click', clicked);
    return () => {
      removeEventListener('popstate', moved);
      removeEventListener('hashchange', moved);
      document.removeEventListener('click', clicked);
    };
  }

  inner(pathname: string): string | undefined {
    if (`${pathname}/` === this.base) return '/';
    return pathname.startsWith(this.base) ? pathname.slice(this.base.length - 1) : undefined;
  }

  #clicked(event: MouseEvent, isPage: (path: string) => boolean): void {
    const plain =
      event.button === 0 && !(event.metaKey || event.ctrlKey || event.shiftKey || event.altKey);
    const link = (event.target as Element | null)?.closest?.('a');
    if (
      event.defaultPrevented ||
      !plain ||
      !link?.href ||
      link.target ||
      link.hasAttribute('download')
    )
      return;
    const url = new URL(link.href);
    const path = url.origin === location.origin ? this.inner(url.pathname) : undefined;
    if (path === undefined || !isPage(path)) return;
    event.preventDefault();
    this.go(path + url.search + url.hash);
  }

  #replace(url: URL): void {
    history.replaceState(history.state, '', url);
    this.#url = url;
  }
}
