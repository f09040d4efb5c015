// What a person typed about a channel, made into what the server is told. Secrets are only ever written.

import type { Schema } from './api';
import type { Channel, ChannelPatch, NewChannel, Platform } from './channels';

type Shown = Schema['ShownTarget'];
export type FieldName = keyof Shown;

export interface TargetField {
  name: FieldName;
  label: string;
  hint?: string;
  /** A number, addresses separated by commas, one of the kinds of security, or what is never shown again. */
  kind?: 'number' | 'list' | 'security' | 'secret';
  /** Without it no channel of this platform can be made. */
  needed?: boolean;
  placeholder?: string;
}

const hook = (placeholder: string): TargetField => ({
  name: 'url',
  label: 'Address of the webhook',
  kind: 'secret',
  needed: true,
  placeholder,
});

/** What leads to a channel of each platform. */
export const FIELDS: Record<Platform, TargetField[]> = {
  slack: [hook('https://hooks.slack.com/services/…')],
  discord: [hook('https://discord.com/api/webhooks/…')],
  telegram: [
    { name: 'bot_token', label: 'Token of the bot', kind: 'secret', needed: true },
    { name: 'chat_id', label: 'Chat', hint: 'Its number, or @name', needed: true },
    { name: 'thread_id', label: 'Topic', hint: 'May stay empty', kind: 'number' },
    { name: 'base_url', label: 'Bot API', hint: 'That of Telegram, if empty' },
  ],
  email: [
    { name: 'host', label: 'Mail server', needed: true, placeholder: 'mail.example.org' },
    { name: 'port', label: 'Port', hint: 'The usual one, if empty', kind: 'number' },
    { name: 'security', label: 'Security', kind: 'security', needed: true },
    { name: 'username', label: 'User', hint: 'Nobody logs in, if empty' },
    { name: 'password', label: 'Password', kind: 'secret' },
    { name: 'from', label: 'From', needed: true, placeholder: 'Dashboard <dash@example.org>' },
    { name: 'to', label: 'To', hint: 'Separated by commas', kind: 'list', needed: true },
  ],
  webhook: [
    hook('https://example.org/hooks'),
    {
      name: 'secret',
      label: 'Signing secret',
      hint: 'The receiver checks the signature with it: see Standard Webhooks',
      kind: 'secret',
      needed: true,
      placeholder: 'whsec_…',
    },
  ],
};

export interface ChannelDraft {
  platform: Platform;
  name: string;
  home: boolean;
  disabled: boolean;
  /** The fields of its platform as they are typed; of secrets only new ones. */
  target: Partial<Record<FieldName, string>>;
}

/** What is typed into at first. */
export function draftOf(channel?: Channel): ChannelDraft {
  if (!channel) {
    const target = { security: 'starttls' };
    return { platform: 'slack', name: '', home: false, disabled: false, target };
  }
  const { platform, name, home, disabled } = channel;
  const shown = FIELDS[platform]
    .filter(({ kind }) => kind !== 'secret')
    .map((field) => [field.name, text(channel.target, field)]);
  return { platform, name, home, disabled, target: Object.fromEntries(shown) };
}

/** Fields that were left empty are left out. */
export function newOf(draft: ChannelDraft): NewChannel {
  const target = { platform: draft.platform, ...values(draft, () => true) };
  // Which fields it has is said by `FIELDS`; the server refuses what does not fit its platform.
  return {
    name: draft.name.trim(),
    home: draft.home,
    target: target as unknown as NewChannel['target'],
  };
}

/** Only what was changed, so that a secret that was not typed again stays. */
export function editOf(draft: ChannelDraft, channel: Channel): ChannelPatch {
  const target = values(draft, (field, typed) => typed !== text(channel.target, field));
  return {
    name: draft.name.trim(),
    home: draft.home,
    disabled: draft.disabled,
    target: Object.keys(target).length > 0 ? target : undefined,
  };
}

/** Whether a field must hold something: the server keeps what is absent, so what is there cannot be taken away. */
export function mustHold(field: TargetField, channel?: Channel): boolean {
  if (!channel) return field.needed === true;
  return field.kind !== 'secret' && channel.target[field.name] != null;
}

/** 32 random bytes, as Standard Webhooks writes them. */
export function signingSecret(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(32));
  return `whsec_${btoa(String.fromCharCode(...bytes))}`;
}

function values(
  { platform, target }: ChannelDraft,
  wanted: (field: TargetField, typed: string) => boolean,
): Record<string, unknown> {
  const typed = FIELDS[platform]
    .map((field) => [field, (target[field.name] ?? '').trim()] as const)
    .filter(([field, typed]) => typed !== '' && wanted(field, typed));
  return Object.fromEntries(typed.map(([field, typed]) => [field.name, value(field, typed)]));
}

function value({ kind }: TargetField, typed: string): unknown {
  if (kind === 'number') return Number(typed);
  if (kind === 'list') return entries(typed);
  return typed;
}

function entries(typed: string): string[] {
  return typed
    .split(',')
    .map((one) => one.trim())
    .filter(Boolean);
}

function text(target: Shown, { name, kind }: TargetField): string {
  if (kind === 'secret') return '';
  const shown = target[name];
  return Array.isArray(shown) ? shown.join(', ') : String(shown ?? '');
}
