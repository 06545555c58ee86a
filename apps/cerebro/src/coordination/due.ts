import type { CommitListener } from './announcing-store.js';
import type { Changes } from './ports/index.js';

/** What timers look for. */
export type DueKind = 'retries' | 'schedules' | 'events';

type Listener = (at: number, schedule?: string) => void;

/** At once. */
const NOW = 0;

/**
 * What this coordinator's commits make due, and when: its timers look for it then, and otherwise seldom. What another
 * coordinator commits is its own timers' to find, and found by a seldom look should that one be gone.
 */
export class Due implements CommitListener {
  private readonly listeners = new Map<DueKind, Listener>();

  /** @param onDue is told the time: epoch ms on the database's clock, which may be past; of a schedule its name, too */
  listen(kind: DueKind, onDue: Listener): void {
    this.listeners.set(kind, onDue);
  }

  committed(changes: Changes): void {
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
