import { describe, expect, test } from '@jest/globals';
import { CoordinatorReadiness, type InboundState, type ReadinessParts } from '../src/readiness.js';

const good: ReadinessParts = {
  clock: { now: () => 0 },
  pulse: { silentMs: () => 10 },
  watermark: { ageMs: () => 10 },
  door: { trouble: () => null },
  publisher: { behindMs: () => 0, failedMs: () => null },
  backlog: { excess: null },
};
const running: InboundState = { state: 'running', assignedPartitions: 4 };
const of = (parts: Partial<ReadinessParts>, inbound: Partial<InboundState> = {}) =>
  new CoordinatorReadiness({ ...good, ...parts }, () => ({ ...running, ...inbound }));

describe('a coordinator', () => {
  test('is ready when everything works, and when a commit fails for a moment', () => {
    expect(of({}).report()).toMatchObject({ ready: true });
    expect(of({ door: { trouble: () => ({ forMs: 100, isFull: true }) } }).report().ready).toBe(true);
  });

  test.each([
    ['database_unavailable', 'database', of({ pulse: { silentMs: () => 6_000 } })],
    ['starting', 'database', of({ pulse: { silentMs: () => null } })],
    ['database_unavailable', 'commits', of({ door: { trouble: () => ({ forMs: 3_000, isFull: false }) } })],
    ['disk_full', 'commits', of({ door: { trouble: () => ({ forMs: 3_000, isFull: true }) } })],
    ['bus_unavailable', 'bus', of({}, { state: 'rebuilding' })],
    ['bus_unavailable', 'publishing', of({ publisher: { behindMs: () => 3_000, failedMs: () => null } })],
    ['bus_unavailable', 'publishing', of({ publisher: { behindMs: () => 0, failedMs: () => 100 } })],
    ['bus_unavailable', 'publishing', of({ backlog: { excess: 60_000 } })],
    ['behind', 'watermark', of({ watermark: { ageMs: () => 20_000 } })],
  ] as const)('is not ready, and says %s of %s', (reason, name, readiness) => {
    const { ready, checks } = readiness.report();
    expect({ ready, reason: checks[name]?.reason, ok: checks[name]?.ok }).toEqual({
      ready: false,
      reason,
      ok: false,
    });
    expect(readiness.reasons()).toContain(reason);
  });
});
