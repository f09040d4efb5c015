import { beforeEach, describe, expect, test, vi } from 'vitest';
import { match, Router } from './router.svelte';

const routes = [
  { path: '/', page: 'home' },
  { path: '/runs', page: 'runs' },
  { path: '/runs/:id', page: 'run' },
];

test.each([
  ['/', 'home', {}],
  ['/runs', 'runs', {}],
  ['/runs/', 'runs', {}],
  ['/runs/a%20b', 'run', { id: 'a b' }],
])('%s shows %s', (path, page, params) => {
  expect(match(routes, path)).toMatchObject({ route: { page }, params });
});

test.each(['/run', '/runs/1/2', '/nowhere'])('%s shows nothing', (path) => {
  expect(match(routes, path)).toBeUndefined();
});

describe('below a base path', () => {
  beforeEach(() => {
    history.replaceState(null, '', '/x/runs?state=failed#L3');
    vi.stubGlobal('scrollTo', () => {});
  });

  test('the path is what follows the base', () => {
    const router = new Router('/x/');
    expect(router.path).toBe('/runs');
    expect(router.param('state')).toBe('failed');
    expect(router.hash).toBe('#L3');
  });

  test('going somewhere keeps the base', () => {
    new Router('/x/').go('/runs/1?q=a');
    expect(location.pathname + location.search).toBe('/x/runs/1?q=a');
  });

  test('a filter is written into the address and taken out when empty', () => {
    const router = new Router('/x/');
    router.filter({ state: '', q: 'a b' });
    expect(location.search).toBe('?q=a+b');
    expect(router.param('state')).toBe('');
  });

  test('addresses outside the base are not ours', () => {
    expect(new Router('/x/').inner('/y/runs')).toBeUndefined();
    expect(new Router('/x/').inner('/x')).toBe('/');
  });
});

describe('a click on a link', () => {
  function click(html: string, init: MouseEventInit = {}): boolean {
    document.body.innerHTML = html;
    let followed = false;
    const last = (event: Event) => {
      followed = event.defaultPrevented;
      event.preventDefault();
    };
    addEventListener('click', last, { once: true });
    const event = new MouseEvent('click', { bubbles: true, cancelable: true, ...init });
    document.querySelector('b, a')?.dispatchEvent(event);
    return followed;
  }

  test('to a page of ours is followed without loading', () => {
    vi.stubGlobal('scrollTo', () => {});
    const router = new Router('/');
    const stop = router.listen((path) => match(routes, path) !== undefined);
    expect(click('<a href="/runs/7"><b>7</b></a>')).toBe(true);
    expect(router.path).toBe('/runs/7');
    expect(click('<a href="/docs">docs</a>')).toBe(false);
    expect(click('<a href="/runs" target="_blank">new</a>')).toBe(false);
    expect(click('<a href="/runs">new</a>', { ctrlKey: true })).toBe(false);
    stop();
  });
});
