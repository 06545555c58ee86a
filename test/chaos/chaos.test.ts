import { beforeAll, expect, test } from '@jest/globals';
import { ALL, type PlannedFault } from './faults/fault.js';
import type { Kind } from './faults/kinds.js';
import { playSession, type Session } from './session.js';
import { QUICK_KAFKA, SHORTENED } from './settings.js';
import { startMachines } from './stack/machines.js';

const SEED = 20_261_121;
const TROUBLE_MS = 22_000;
const PER_SECOND = 12;
/** The proxies: of the first coordinator to Kafka, to PostgreSQL, and of the first task server. */
const [TO_KAFKA, TO_POSTGRES, OF_SERVER] = [0, 1, 2];

const fault = (kind: Kind, lengthMs: number, target = 0, pauseMs = 400): PlannedFault => ({
  ...{ kind, lengthMs, target, pauseMs },
});

/**
 * Every kind once. Those of coordinators, those of task servers and of the network, and those of Kafka and PostgreSQL go
 * on side by side; Kafka is away when nothing else is to come between it and the first coordinator.
 */
const FAULTS: readonly (readonly PlannedFault[])[] = [
  [
    fault('coordinator stopped in a transaction', 4_500),
    fault('coordinator killed', 300, 1),
    fault('coordinator ended', 200, 1, 2_000),
    fault('coordinator stopped', 4_500, 1, 2_000),
  ],
  [
    fault('task server killed', 300, 0, 1_000),
    fault('network reset', 0, TO_KAFKA),
    fault('bytes held back', 5_500, TO_KAFKA),
    fault('task server ended', 200, 2),
    fault('network slow', 1_500, TO_POSTGRES),
    fault('network a black hole', 2_000, OF_SERVER),
    fault('task server stopped', 3_000, 1),
  ],
  [fault('PostgreSQL stopped at once', 300, 0, 6_000), fault('Kafka killed', 500, 0, 2_000)],
];

let session: Session;
const lines: string[] = [];

beforeAll(async () => {
  const machines = await startMachines({ kafka: QUICK_KAFKA });
  session = await playSession(machines, {
    ...SHORTENED,
    ...{ seed: SEED, troubleMs: TROUBLE_MS, perSecond: PER_SECOND, faults: FAULTS },
    say: (line) => void lines.push(line),
  });
}, 360_000);

test('a minute of every kind of fault breaks no invariant', () => {
  const found = session.report.violations.map(({ invariant, what }) => `${invariant}: ${what}`);
  if (found.length > 0) throw new Error([...found, '', ...lines].join('\n'));
  expect(session.problem).toBeNull();
});

test('every kind of fault came about, under load with duplicates and poison', () => {
  expect(session.faults.map(({ kind }) => kind).sort()).toEqual([...ALL].sort());
  expect(session.report.figures.runs).toBeGreaterThan(50);
  expect(session.report.figures.poison).toBeGreaterThan(0);
  expect(session.duplicates).toBeGreaterThan(0);
  expect(session.evidence.executions.length).toBeGreaterThan(100);
});

test('events, rules, files, schedules that change, limits and fan-outs were part of it', () => {
  const { report, evidence } = session;
  expect(report.figures.signals).toBeGreaterThan(20);
  for (const rule of Object.keys(evidence.happened.rules))
    expect(evidence.happened.firings.map((firing) => firing.rule)).toContain(rule);
  const { versions, changed } = evidence.defined;
  for (const kind of ['job', 'schedule', 'event-set', 'rule'])
    expect(versions.map((version) => version.kind)).toContain(kind);
  expect(evidence.firings.map(({ schedule }) => schedule)).toEqual(expect.arrayContaining([...changed]));
  const executed = new Set(evidence.executions.map(({ task }) => task));
  expect([...executed]).toEqual(expect.arrayContaining(['b.narrow', 'b.each', 'c.ship', 'a.note']));
  expect([...executed]).toEqual(expect.arrayContaining(['b.strict', 'b.lenient']));
  for (const outcome of ['applied', 'refused', 'tried'])
    expect(evidence.defined.files.map((file) => file.outcome)).toContain(outcome);
});
