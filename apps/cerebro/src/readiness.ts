import type { BusConsumerState } from '@cordyna/bus';
import {
  MAX_BEHIND_MS,
  Readiness,
  type Backlog,
  type DatabaseClock,
  type Door,
  type Publisher,
  type ReadinessCheck,
  type ReadinessReport,
  type UnreadyReason,
} from './coordination/index.js';
import type { Pulse, Watermark } from './timers/index.js';

const MAX_SILENCE_MS = 5_000;
const MAX_WATERMARK_AGE_MS = 10_000;
/** One failed commit is tried again at once; one that fails for so long is trouble. */
const MAX_FAILING_MS = 2_000;
/** What Kafka took nothing of so long ago says nothing about now. */
const FAILURE_COUNTS_MS = 5_000;

export interface InboundState {
  readonly state: BusConsumerState;
  readonly assignedPartitions: number;
}

export interface ReadinessParts {
  readonly clock: Pick<DatabaseClock, 'now'>;
  readonly pulse: Pick<Pulse, 'silentMs'>;
  readonly watermark: Pick<Watermark, 'ageMs'>;
  readonly door: Pick<Door, 'trouble'>;
  readonly publisher: Pick<Publisher, 'behindMs' | 'failedMs'>;
  readonly backlog: Pick<Backlog, 'excess'>;
}

const check = (bad: UnreadyReason | null | false, detail: string): ReadinessCheck => ({
  ok: !bad,
  reason: bad || null,
  detail,
});

/** Ready: the database answers and takes commits, Kafka takes messages, the group is joined, the watermark moves. */
export class CoordinatorReadiness extends Readiness {
  constructor(
    private readonly parts: ReadinessParts,
    private readonly inbound: () => InboundState,
  ) {
    super();
  }

  report(): ReadinessReport {
    const { state, assignedPartitions } = this.inbound();
    const waiting = state === 'running' ? null : state === 'starting' ? 'starting' : 'bus_unavailable';
    const checks = {
      database: this.database(),
      commits: this.commits(),
      bus: check(waiting, `the consumer is ${state}`),
      publishing: this.publishing(),
      // With more coordinators than partitions one may have none: it is ready to take over.
      partitions: check(waiting, `${assignedPartitions} assigned`),
      watermark: this.watermark(),
    };
    return { ready: Object.values(checks).every(({ ok }) => ok), checks };
  }

  /** Each once. */
  reasons(): readonly UnreadyReason[] {
    const all = Object.values(this.report().checks).flatMap(({ reason }) => (reason ? [reason] : []));
    return [...new Set(all)];
  }

  private database(): ReadinessCheck {
    const silent = this.parts.pulse.silentMs();
    if (silent === null) return check('starting', 'has not answered yet');
    return check(silent >= MAX_SILENCE_MS && 'database_unavailable', `answered ${Math.round(silent)} ms ago`);
  }

  private commits(): ReadinessCheck {
    const trouble = this.parts.door.trouble();
    if (!trouble) return check(null, 'succeed');
    const { forMs, isFull } = trouble;
    const reason = isFull ? 'disk_full' : 'database_unavailable';
    const bad = forMs >= MAX_FAILING_MS && reason;
    return check(bad, `fail since ${Math.round(forMs)} ms and are tried again: ${reason}`);
  }

  private publishing(): ReadinessCheck {
    const { publisher, backlog } = this.parts;
    if (backlog.excess !== null)
      return check('bus_unavailable', `${backlog.excess} messages wait for Kafka; nothing new is begun`);
    const behind = publisher.behindMs();
    const failed = publisher.failedMs();
    if (failed !== null && failed < FAILURE_COUNTS_MS)
      return check(
        'bus_unavailable',
        `Kafka took nothing ${Math.round(failed)} ms ago; the sweeper sends it`,
      );
    const detail = `${Math.round(behind)} ms behind`;
    return check(behind > MAX_BEHIND_MS && 'bus_unavailable', detail);
  }

  private watermark(): ReadinessCheck {
    const { clock, pulse, watermark } = this.parts;
    const age = pulse.silentMs() === null ? null : watermark.ageMs(clock.now());
    if (age === null) return check('starting', 'not known yet');
    return check(age >= MAX_WATERMARK_AGE_MS && 'behind', `${Math.round(age)} ms behind`);
  }
}
