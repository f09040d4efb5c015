import { expect, test } from 'vitest';
import { draftOf, editOf, FIELDS, mustHold, newOf, signingSecret } from './channel-draft';
import type { Channel, Platform } from './channels';

function channel(platform: Platform, target: Channel['target']): Channel {
  return {
    id: 'c',
    platform,
    name: 'ops',
    target,
    home: false,
    disabled: false,
    created_at: '2026-01-01T00:00:00Z',
    updated_at: '2026-01-01T00:00:00Z',
    version: 3,
  };
}

const mail = channel('email', {
  host: 'mail.example.org',
  security: 'tls',
  username: 'ada',
  password: '****',
  from: 'dash@example.org',
  to: ['ada@example.org', 'bob@example.org'],
});
const field = (platform: Platform, name: string) =>
  FIELDS[platform].find((field) => field.name === name)!;

test('a new channel holds the fields of its platform, as what they are', () => {
  const draft = {
    ...draftOf(),
    platform: 'telegram' as const,
    name: ' me ',
    target: { bot_token: ' 1:a ', chat_id: '-100', thread_id: '7', url: 'https://left.over' },
  };
  expect(newOf(draft)).toEqual({
    name: 'me',
    home: false,
    target: { platform: 'telegram', bot_token: '1:a', chat_id: '-100', thread_id: 7 },
  });
});

test('addresses are separated by commas, and what is empty is left out', () => {
  const target = { host: 'h', port: '', security: 'tls', from: 'a@b.c', to: 'd@e.f, , g@h.i,' };
  const draft = { ...draftOf(), platform: 'email' as const, target };
  expect(newOf(draft).target).toEqual({
    platform: 'email',
    host: 'h',
    security: 'tls',
    from: 'a@b.c',
    to: ['d@e.f', 'g@h.i'],
  });
});

test('what is shown of a secret is never typed for anybody', () => {
  expect(draftOf(mail).target).toEqual({
    host: 'mail.example.org',
    port: '',
    security: 'tls',
    username: 'ada',
    from: 'dash@example.org',
    to: 'ada@example.org, bob@example.org',
  });
  expect(draftOf(channel('slack', { url: 'https://hooks.slack.com/...' })).target).toEqual({});
});

test('an edit names only what was changed', () => {
  expect(editOf(draftOf(mail), mail).target).toBeUndefined();
  const draft = draftOf(mail);
  draft.target.to = 'ada@example.org';
  draft.target.password = 'xyzzy';
  expect(editOf({ ...draft, home: true }, mail)).toEqual({
    name: 'ops',
    home: true,
    disabled: false,
    target: { password: 'xyzzy', to: ['ada@example.org'] },
  });
});

test('a secret must be given once, and what is there cannot be taken away', () => {
  for (const [platform, name, known, must] of [
    ['email', 'password', undefined, false],
    ['email', 'from', undefined, true],
    ['email', 'port', mail, false],
    ['email', 'username', mail, true],
    ['email', 'password', mail, false],
    ['slack', 'url', undefined, true],
    ['slack', 'url', channel('slack', { url: 'https://hooks.slack.com/...' }), false],
  ] as const) {
    expect([name, mustHold(field(platform, name), known)]).toEqual([name, must]);
  }
});

test('a signing secret is 32 bytes in base64, another one each time', () => {
  const secret = signingSecret();
  expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
  expect(signingSecret()).not.toBe(secret);
});
