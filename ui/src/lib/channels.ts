// Channels: where notifications go. What opens them is given, kept by the server, and never shown again.

import { client, Failure, take, takePage, type Schema } from './api';

export type Channel = Schema['Channel'];
export type Platform = Schema['Platform'];
export type NewChannel = Schema['NewChannel'];
export type ChannelPatch = Schema['ChannelPatch'];
export type ChannelTested = Schema['ChannelTested'];

export const PLATFORMS: Record<Platform, string> = {
  slack: 'Slack',
  telegram: 'Telegram',
  discord: 'Discord',
  email: 'E-mail',
  webhook: 'Webhook',
};

/** Nobody has more. */
const MOST = 1000;

/** The oldest first. */
export async function listChannels(): Promise<Channel[]> {
  const query = { limit: MOST };
  return (await takePage(client.GET('/api/channels', { params: { query } }))).items;
}

export function createChannel(channel: NewChannel): Promise<Channel> {
  return take(client.POST('/api/channels', { body: channel }));
}

export function updateChannel(id: string, patch: ChannelPatch): Promise<Channel> {
  return take(client.PATCH('/api/channels/{id}', { params: { path: { id } }, body: patch }));
}

/** Deletes it with its rules, subscriptions and deliveries. */
export function deleteChannel(id: string): Promise<unknown> {
  return take(client.DELETE('/api/channels/{id}', { params: { path: { id } } }));
}

/** Sends a trial at once. What the other side refuses is an answer too, and no failure of ours. */
export function testChannel(id: string): Promise<ChannelTested> {
  return take(client.POST('/api/channels/{id}/test', { params: { path: { id } } }));
}

/** Where it leads, in one line, as far as that is no secret. */
export function placeOf({ target }: Channel): string {
  if (target.to) return `${target.to.join(', ')} by ${target.host}`;
  if (target.chat_id)
    return `chat ${target.chat_id}${target.thread_id == null ? '' : `, topic ${target.thread_id}`}`;
  return target.url ?? '';
}

/** An edit that began with one version. Where somebody else was faster, the next one goes over theirs, knowingly. */
export class ChannelEdit {
  #version: number;

  constructor(readonly channel: Channel) {
    this.#version = channel.version;
  }

  async save(patch: ChannelPatch): Promise<Channel> {
    try {
      return await updateChannel(this.channel.id, { ...patch, version: this.#version });
    } catch (cause) {
      if (Failure.of(cause).status === 409) this.#version = await versionOf(this.channel.id);
      throw cause;
    }
  }
}

async function versionOf(id: string): Promise<number> {
  return (await take(client.GET('/api/channels/{id}', { params: { path: { id } } }))).version;
}
