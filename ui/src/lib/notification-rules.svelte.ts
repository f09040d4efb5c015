// Rules: which occasions of a project are told to which channels. What is chosen is shown at once and kept then.

import { client, Failure, take, type Schema } from './api';

export type Occasion = Schema['Occasion'];
type Rule = Schema['NotificationRule'];

/** With the words to read. */
export const OCCASIONS: [occasion: Occasion, name: string][] = [
  ['done', 'Done'],
  ['blocked', 'Blocked'],
  ['gave_up', 'Gave up'],
  ['needs_person', 'Needs a person'],
  ['budget', 'Budget'],
];

/** The door to the server. */
export interface RuleKeeper {
  list: () => Promise<Pick<Rule, 'channel_id' | 'occasions'>[]>;
  put: (channel: string, occasions: Occasion[]) => Promise<unknown>;
}

export class NotificationRules {
  #rules = $state.raw<ReadonlyMap<string, Occasion[]>>();
  #failure = $state.raw<Failure>();
  /** Channels whose choice is on its way to the server. */
  #keeping = new Set<string>();
  #stopped = false;

  constructor(
    private readonly keeper: RuleKeeper,
    /** Says why a choice was refused; what is shown then is what the server has. */
    private readonly refused: (failure: Failure) => void,
  ) {}

  /** Whether there is something to show. */
  get known(): boolean {
    return this.#rules !== undefined;
  }

  get failure(): Failure | undefined {
    return this.#failure;
  }

  has(channel: string, occasion: Occasion): boolean {
    return this.#rules?.get(channel)?.includes(occasion) ?? false;
  }

  async load(): Promise<void> {
    try {
      const rules = await this.keeper.list();
      // What was chosen meanwhile is newer than this answer.
      if (this.#stopped || this.#keeping.size > 0) return;
      this.#rules = new Map(rules.map((rule) => [rule.channel_id, rule.occasions]));
      this.#failure = undefined;
    } catch (cause) {
      if (!this.#stopped && !this.known) this.#failure = Failure.of(cause);
    }
  }

  async toggle(channel: string, occasion: Occasion): Promise<void> {
    const before = this.#rules?.get(channel) ?? [];
    const after = before.includes(occasion)
      ? before.filter((other) => other !== occasion)
      : [...before, occasion];
    this.#rules = new Map([...(this.#rules ?? []), [channel, after]]);
    // Who is keeping it looks again when it is done.
    if (!this.#keeping.has(channel)) await this.#keep(channel);
  }

  stop(): void {
    this.#stopped = true;
  }

  async #keep(channel: string): Promise<void> {
    this.#keeping.add(channel);
    try {
      let kept: Occasion[];
      do {
        kept = this.#rules?.get(channel) ?? [];
        await this.keeper.put(channel, kept);
      } while (kept !== this.#rules?.get(channel));
      this.#keeping.delete(channel);
    } catch (cause) {
      this.#keeping.delete(channel);
      this.refused(Failure.of(cause));
      await this.load();
    }
  }
}

/** The rules of a project. */
export function ruleKeeper(project: string): RuleKeeper {
  return {
    list: () =>
      take(client.GET('/api/projects/{project}/notifications', { params: { path: { project } } })),
    put: (channel, occasions) => {
      const params = { path: { project, channel } };
      const path = '/api/projects/{project}/notifications/{channel}';
      return occasions.length > 0
        ? take(client.PUT(path, { params, body: { occasions } }))
        : take(client.DELETE(path, { params }));
    },
  };
}
