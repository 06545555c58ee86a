import type { SessionOptions } from './session.js';

/** As an installation runs by default. */
export const AS_IN_PRODUCTION = {
  coordinators: 2,
  timing: { ackMs: 10_000, startMs: 60_000, completeMs: 20_000 },
  env: {},
  limits: {
    ...{ lostAfterMs: 15_000, stallGraceMs: 15_000, maxStepMs: 3_000 },
    ...{ recoveryMs: 300_000, poisonMs: 1_000 },
  },
  restMs: 180_000,
} as const satisfies Partial<SessionOptions>;

const SHORT = { lostAfterMs: 6_000, stallGraceMs: 6_000, sweepAfterMs: 6_000, sessionTimeoutMs: 3_000 };

/** Shorter where that changes nothing but how long one waits, so that a minute shows as much. */
export const SHORTENED = {
  coordinators: 2,
  timing: { ackMs: 8_000, startMs: 20_000, completeMs: 8_000 },
  env: {
    CORDYNA_LOST_AFTER_MS: String(SHORT.lostAfterMs),
    CORDYNA_STALL_GRACE_MS: String(SHORT.stallGraceMs),
    CORDYNA_SWEEP_AFTER_MS: String(SHORT.sweepAfterMs),
    CORDYNA_SESSION_TIMEOUT_MS: String(SHORT.sessionTimeoutMs),
    CORDYNA_PARTITIONS: '4',
  },
  limits: {
    ...{ lostAfterMs: SHORT.lostAfterMs, stallGraceMs: SHORT.stallGraceMs, maxStepMs: 3_000 },
    ...{ recoveryMs: 120_000, poisonMs: 1_000 },
  },
  restMs: 60_000,
} as const satisfies Partial<SessionOptions>;

/** A broker that was killed may register again when its old session is over. */
export const QUICK_KAFKA = {
  'broker.session.timeout.ms': '1500',
  'broker.heartbeat.interval.ms': '300',
} as const;
