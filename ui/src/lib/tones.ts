// How a state looks: a colour and a shape, so that colour alone never says it.

export type Tone = 'plain' | 'info' | 'success' | 'warning' | 'danger';
export type Shape = 'ring' | 'dot' | 'check' | 'cross' | 'bang' | 'dash' | 'half';

export interface Look {
  tone: Tone;
  shape: Shape;
}

const waits: Look = { tone: 'plain', shape: 'ring' };
const works: Look = { tone: 'info', shape: 'dot' };
const good: Look = { tone: 'success', shape: 'check' };
const bad: Look = { tone: 'danger', shape: 'cross' };
const needsLook: Look = { tone: 'warning', shape: 'bang' };
const over: Look = { tone: 'plain', shape: 'dash' };

const LOOKS: Record<string, Look> = {
  // Tickets.
  queued: waits,
  clarification_needed: needsLook,
  planning: works,
  plan_validating: works,
  implementing: works,
  reviewing: works,
  pr_created: works,
  awaiting_merge: works,
  merged: good,
  pr_closed: over,
  decomposing: works,
  decomposed: good,
  done: good,
  failed: bad,
  blocked: needsLook,
  partial: { tone: 'warning', shape: 'half' },
  // Tasks.
  triage: waits,
  todo: waits,
  ready: waits,
  running: works,
  waiting: needsLook,
  review: needsLook,
  scheduled: waits,
  archived: over,
  // Runs, steps and calls.
  pending: waits,
  parked: over,
  succeeded: good,
  cancelled: over,
  interrupted: { tone: 'warning', shape: 'half' },
  active: works,
  success: good,
  error: bad,
  // Deliveries.
  sent: good,
  // Tokens and users.
  expired: over,
  revoked: over,
  disabled: over,
  // Workers.
  idle: waits,
  draining: over,
  left: over,
  // The inbox.
  question: needsLook,
  approval: needsLook,
  failure: bad,
  stuck: { tone: 'warning', shape: 'half' },
  lost_lease: bad,
  // What is wrong with a task.
  warning: needsLook,
  critical: bad,
  // Health of a project.
  green: good,
  yellow: { tone: 'warning', shape: 'half' },
  red: bad,
  grey: waits,
};

export function look(state: string): Look {
  return LOOKS[state] ?? waits;
}

export const TONE_CLASSES: Record<Tone, string> = {
  plain: 'text-muted',
  info: 'text-info',
  success: 'text-success',
  warning: 'text-warning',
  danger: 'text-danger',
};
