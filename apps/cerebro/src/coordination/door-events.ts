import { Backlog } from './backlog.js';
import type { DatabaseClock } from './database-clock.js';
import type { ChangedBy } from './definitions/changes.js';
import type { Door } from './door.js';
import { Events, type NewEvent, type TakenEvent } from './events.js';
import type { Inbound } from './inbound.js';
import type { CirrusQueue } from './ports/index.js';
import { refusal, withLimit } from './refusal.js';
import { signalId } from './signal-id.js';

/** What is told of events as proposals to the door. */
export class DoorEvents extends Events {
  constructor(
    private readonly door: Door,
    private readonly clock: DatabaseClock,
    private readonly backlog = new Backlog(Number.POSITIVE_INFINITY),
  ) {
    super();
  }

  async tell({ source, id, type, subject, at, data, force = false, note }: NewEvent): Promise<TakenEvent> {
    this.backlog.check();
    const signal = signalId(source, id);
    const when = at ?? this.clock.now();
    const outcome = await withLimit(
      this.door.submit({
        kind: 'signal',
        signal: { signal, source, id, type, subject, at: when, data, force, outcome: 'pending' },
        ...(note ? { note } : {}),
        where: null,
      }),
    );
    if (outcome.kind !== 'signal') throw refusal(outcome);
    return { signal, outcome: outcome.outcome, created: outcome.created, rules: outcome.rules };
  }

  resetFuse(rule: string, { author, reason }: ChangedBy): Promise<void> {
    return this.ask({ kind: 'reset-fuse', rule, author, reason });
  }

  noteRuleState(rule: string, state: string): Promise<void> {
    return this.ask({ kind: 'note-rule-state', rule, state });
  }

  clearQueue(queue: CirrusQueue): Promise<void> {
    return this.ask({ kind: 'clear-queue', queue });
  }

  private async ask(inbound: Inbound): Promise<void> {
    const outcome = await withLimit(this.door.submit(inbound));
    if (outcome.kind !== 'done') throw refusal(outcome);
  }
}
