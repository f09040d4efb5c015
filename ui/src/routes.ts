// Every page and its address. The server knows the first parts too (`PAGES` in crates/api/src/ui.rs).

import type { Component } from 'svelte';
import type { Route } from './lib/router.svelte';

/** Loaded when it is first shown. */
type Page = () => Promise<{ default: Component<Record<string, string>> }>;

function page(load: () => Promise<{ default: Component<never> }>): Page {
  return load as unknown as Page;
}

export const routes: Route<Page>[] = [
  {
    path: '/',
    page: page(() => import('./pages/Overview.svelte')),
  },
  {
    path: '/inbox',
    page: page(() => import('./pages/Inbox.svelte')),
  },
  {
    path: '/board',
    page: page(() => import('./pages/CurrentBoard.svelte')),
  },
  {
    path: '/tickets',
    page: page(() => import('./pages/Tickets.svelte')),
  },
  {
    path: '/tickets/:id',
    page: page(() => import('./pages/Ticket.svelte')),
  },
  {
    path: '/projects',
    page: page(() => import('./pages/Projects.svelte')),
  },
  {
    path: '/projects/:project/board',
    page: page(() => import('./pages/Board.svelte')),
  },
  {
    path: '/tasks/:id',
    page: page(() => import('./pages/Task.svelte')),
  },
  {
    path: '/runs',
    page: page(() => import('./pages/Runs.svelte')),
  },
  {
    path: '/runs/:id',
    page: page(() => import('./pages/Run.svelte')),
  },
  {
    path: '/workers',
    page: page(() => import('./pages/Workers.svelte')),
  },
  {
    path: '/settings',
    page: page(() => import('./pages/Settings.svelte')),
  },
  {
    path: '/settings/channels',
    page: page(() => import('./pages/Channels.svelte')),
  },
  {
    path: '/settings/rules',
    page: page(() => import('./pages/NotificationRules.svelte')),
  },
  {
    path: '/settings/deliveries',
    page: page(() => import('./pages/Deliveries.svelte')),
  },
  {
    path: '/settings/tokens',
    page: page(() => import('./pages/Tokens.svelte')),
  },
  {
    path: '/settings/users',
    page: page(() => import('./pages/Users.svelte')),
  },
  {
    path: '/settings/about',
    page: page(() => import('./pages/About.svelte')),
  },
  {
    path: '/live',
    page: page(() => import('./pages/Live.svelte')),
  },
];

/** The entries of the navigation, with the key that follows `g`. */
export const sections = [
  { path: '/', name: 'Overview', key: 'o' },
  { path: '/inbox', name: 'Inbox', key: 'i' },
  { path: '/board', name: 'Board', key: 'b' },
  { path: '/projects', name: 'Projects', key: 'p' },
  { path: '/tickets', name: 'Tickets', key: 't' },
  { path: '/runs', name: 'Runs', key: 'r' },
  { path: '/workers', name: 'Workers', key: 'w' },
  { path: '/live', name: 'Live', key: 'l' },
  { path: '/settings', name: 'Settings', key: 's' },
] as const;

/** The pages of the settings. */
export const settings = [
  { path: '/settings/channels', name: 'Channels' },
  { path: '/settings/rules', name: 'Rules' },
  { path: '/settings/deliveries', name: 'Deliveries' },
  { path: '/settings/tokens', name: 'Tokens' },
  { path: '/settings/users', name: 'Users' },
  { path: '/settings/about', name: 'About' },
] as const;

export type Section = (typeof sections)[number];
