// What every page shares, made once and given by context.

import { createContext } from 'svelte';
import { Account } from './account.svelte';
import { address, onUnknown } from './api';
import { Attention } from './attention.svelte';
import { Clock } from './clock.svelte';
import { Daemon } from './daemon.svelte';
import { Inbox } from './inbox.svelte';
import { Preferences } from './preferences.svelte';
import { Projects } from './projects.svelte';
import { Router } from './router.svelte';
import { EventStream, type Event, type Listener } from './stream.svelte';
import { Theme } from './theme.svelte';
import { Toasts } from './toasts.svelte';

export interface Services {
  account: Account;
  attention: Attention;
  clock: Clock;
  daemon: Daemon;
  inbox: Inbox;
  preferences: Preferences;
  projects: Projects;
  router: Router;
  stream: EventStream;
  theme: Theme;
  toasts: Toasts;
}

const [getServices, setServices] = createContext<Services>();
export { getServices, setServices };

export function makeServices(): Services {
  const account = new Account();
  // The stream may live on where the login of the requests beside it has ended.
  onUnknown(() => account.loggedOut());
  return {
    account,
    attention: new Attention(),
    clock: new Clock(),
    daemon: new Daemon(),
    inbox: new Inbox(),
    preferences: new Preferences(),
    projects: new Projects(),
    router: new Router(),
    stream: new EventStream({
      open: (query) => new WebSocket(socketAddress(query), ['dashboard.v1']),
      now: () => Date.now(),
      random: () => Math.random(),
      isLoggedIn: () => account.isLoggedIn(),
      loggedOut: () => account.loggedOut(),
    }),
    theme: new Theme(),
    toasts: new Toasts(),
  };
}

function socketAddress(query: string): string {
  return address(`/ws/events${query}`).replace(/^http/, 'ws');
}

/** Ends with the component: calls `touch` when an event is about it, or when history was lost. */
export function onEvents(
  concerns: (event: Event) => boolean,
  touch: (event?: Event) => void,
): void {
  const { stream } = getServices();
  const listener: Listener = {
    event: (event) => {
      if (concerns(event)) touch(event);
    },
    reset: () => touch(),
  };
  $effect(() => stream.subscribe(listener));
}
