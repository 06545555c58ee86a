import type { OwnFacts } from './own-facts.js';
import {
  Store,
  type Changes,
  type CommitOrder,
  type HeldCommit,
  type Loaded,
  type Needs,
  type Reader,
  type Saved,
} from './ports/index.js';

/** What timers look for. */
export type DueKind = 'retries' | 'schedules' | 'events';

type Listener = (at: number, schedule?: string) => void;

/** At once. */
const NOW = 0;

/**
 * What this coordinator's commits make due, and when: its timers look for it then, and otherwise seldom. What another
 * coordinator commits is its own timers' to find, and found by a seldom look should that one be gone.
 */
export class Due {
  private readonly listeners = new Map<DueKind, Listener>();

  /** @param onDue is told the time: epoch ms on the database's clock, which may be past; of a schedule its name, too */
  listen(kind: DueKind, onDue: Listener): void {
    this.listeners.set(kind, onDue);
  }

  learn(changes: Changes): void {
    // A declaration or definition may change what any of them waits for.
    if (changes.registry.changes.length > 0) for (const kind of this.listeners.keys()) this.tell(kind, NOW);
    for (const { run, seed, touched } of changes.runs) {
      for (const { retryAt } of touched) if (retryAt !== null) this.tell('retries', retryAt);
      if (run.state === 'running') continue;
      // A firing or a schedule may wait for its end.
      if (seed.trigger.kind === 'rule') this.tell('events', NOW);
      if (seed.trigger.kind === 'schedule') this.tell('schedules', NOW);
    }
    for (const { value } of changes.schedules)
      if (value.active && value.nextDueAt !== null) this.tell('schedules', value.nextDueAt, value.schedule);
    if (!changes.events) return;
    this.tell('events', NOW);
    for (const { expiresAt } of changes.events.states.writes)
      if (expiresAt !== null) this.tell('events', expiresAt);
  }

  private tell(kind: DueKind, at: number, schedule?: string): void {
    this.listeners.get(kind)?.(at, schedule);
  }
}

/** Says what each commit is about to tell, and what it has made due. */
export class AnnouncingStore extends Store {
  constructor(
    private readonly store: Store,
    private readonly due: Due,
    private readonly ownFacts: OwnFacts,
  ) {
    super();
  }

  load(needs: Needs): Promise<Loaded> {
    return this.store.load(needs);
  }

  async commit(changes: Changes, order?: CommitOrder): Promise<Saved> {
    this.ownFacts.begin(changes);
    try {
      const saved = await this.store.commit(changes, order);
      this.due.learn(changes);
      return saved;
    } finally {
      this.ownFacts.end(changes);
    }
  }

  async commitLocked(decide: (reader: Reader) => Promise<Changes>): Promise<Saved> {
    const decided: Changes[] = [];
    const saved = await this.store.commitLocked(async (reader) => {
      const changes = await decide(reader);
      decided.push(changes);
      return changes;
    });
    for (const changes of decided.slice(-1)) this.due.learn(changes);
    return saved;
  }

  async hold(changes: Changes, stamp: number): Promise<HeldCommit> {
    const held = await this.store.hold(changes, stamp);
    const commit = async (): Promise<Saved> => {
      const saved = await held.commit();
      this.due.learn(changes);
      return saved;
    };
    return { commit, release: () => held.release() };
  }
}
