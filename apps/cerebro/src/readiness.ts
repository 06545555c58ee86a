import type { BusConsumerState } from '@cordyna/bus';
import { Readiness, type DatabaseClock, type ReadinessReport } from './coordination/index.js';
import type { Pulse, Watermark } from './timers/index.js';

const MAX_SILENCE_MS = 5_000;
const MAX_WATERMARK_AGE_MS = 10_000;

export interface InboundState {
  readonly state: BusConsumerState;
  readonly assignedPartitions: number;
}

/** Ready: the database answers, the group is joined, and the watermark moves. */
export class CoordinatorReadiness extends Readiness {
  constructor(
    private readonly clock: DatabaseClock,
    private readonly pulse: Pulse,
    private readonly watermark: Watermark,
    private readonly inbound: () => InboundState,
  ) {
    super();
  }

  report(): ReadinessReport {
    const silent = this.pulse.silentMs();
    const age = silent === null ? null : this.watermark.ageMs(this.clock.now());
    const { state, assignedPartitions } = this.inbound();
    const checks = {
      database: {
        ok: silent !== null && silent < MAX_SILENCE_MS,
        detail: silent === null ? 'has not answered yet' : `answered ${Math.round(silent)} ms ago`,
      },
      bus: { ok: state === 'running', detail: `the consumer is ${state}` },
      // With more coordinators than partitions one may have none: it is ready to take over.
      partitions: { ok: state === 'running', detail: `${assignedPartitions} assigned` },
      watermark: {
        ok: age !== null && age < MAX_WATERMARK_AGE_MS,
        detail: age === null ? 'not known yet' : `${Math.round(age)} ms behind`,
      },
    };
    return { ready: Object.values(checks).every(({ ok }) => ok), checks };
  }
}
