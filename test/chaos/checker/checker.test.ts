import { describe, expect, test } from '@jest/globals';
import { EventType } from '@cordyna/protocol/model';
import type { JsonObject } from '@cordyna/protocol/model';
import { check } from './check.js';
import type { Evidence, Fault, HistoryEntry, LogRecord, StoredRun } from './evidence.js';
import {
  BEGAN,
  finished,
  heartbeat,
  HISTORY,
  INSTANCE,
  invoke,
  record,
  rows,
  runWith,
  SOUND,
  update,
} from './made-up.js';
import { MORE_ALLOWED, MORE_REFUSED } from './made-up-inputs.js';
import type { Invariant } from './verdict.js';

type Changed = Partial<Evidence>;

const scheduled = SOUND.runs[1] as StoredRun;
/** The evidence with another history of the run; what is stored stays. */
const withHistory = (history: readonly HistoryEntry[], more: Partial<StoredRun> = {}): Changed => ({
  runs: [runWith(history, more), ...SOUND.runs.slice(1)],
});
const changedRow = (seq: number, change: Partial<HistoryEntry>): HistoryEntry[] =>
  HISTORY.map((row) => (row.seq === seq ? { ...row, ...change } : row));
const inserted = (after: number, row: Partial<HistoryEntry> & { type: string }): HistoryEntry[] =>
  rows(...HISTORY.slice(0, after).map(unnumbered), row, ...HISTORY.slice(after).map(unnumbered));
const unnumbered = ({ seq: _, ...row }: HistoryEntry): Omit<HistoryEntry, 'seq'> => row;
const withRecords = (...more: readonly LogRecord[]): Changed => ({ records: [...SOUND.records, ...more] });
const withoutRecord = (topic: string, offset: number): Changed => ({
  records: SOUND.records.filter((one) => one.topic !== topic || one.offset !== offset),
});

/** A run of one task whose first attempt a watchdog ended, and whose second one was completed. */
function watched(code: string, data: JsonObject, ...more: readonly LogRecord[]): Changed {
  const about = { task: 'a.one', attempt: 1 };
  const second = { task: 'a.one', attempt: 2 };
  const error = { invocation: 'i-1', error: { code, message: '' }, final: false, ...data };
  const history = rows(
    { type: EventType.runCreated },
    { type: EventType.taskInvoked, ...about, data: { invocation: 'i-1' } },
    { type: 'cordyna.task.published.v1', ...about, data: { invocation: 'i-1' } },
    {
      ...{ type: EventType.taskStarted, ...about, topic: 'events', partition: 0, offset: 0 },
      data: { invocation: 'i-1', instance: INSTANCE },
    },
    { type: EventType.taskError, ...about, data: error },
    { type: EventType.taskInvoked, ...second, data: { invocation: 'i-2' } },
    { type: EventType.taskCompleted, ...second, data: { invocation: 'i-2' } },
    finished('completed'),
  );
  const tasks = [{ task: 'a.one', item: null, state: 'completed', attempt: 2, invocation: 'i-2' }] as const;
  return {
    ...withHistory(history, { tasks }),
    records: [
      ...SOUND.records.filter(({ topic, offset }) => topic !== 'events' || offset === 0 || offset > 3),
      ...more,
    ],
  };
}
const late = (offset: number, atMs: number, lease = 'lease of i-1'): LogRecord =>
  record('events', offset, update(EventType.taskCompleted, 'i-1', 'a.one', { lease }), { timestampMs: atMs });
const DEADLINE = BEGAN + 20_000;
const outage: Fault = { kind: 'Kafka killed', atMs: BEGAN, healedMs: BEGAN + 10_000, stopsKafka: true };
const read = (end: number): ReadonlyMap<string, number> => new Map([...SOUND.positions, ['events/0', end]]);

const about = { task: 'a.one', attempt: 1 };
const REFUSED: readonly (readonly [Invariant, string, Changed])[] = [
  [
    'I1',
    'a request that was taken in has no run',
    { requests: [...SOUND.requests, { key: 'k-2', run: 'run-9' }] },
  ],
  [
    'I1',
    'a run is not finished',
    withHistory(HISTORY.slice(0, -1), { state: 'running', nextSeq: HISTORY.length }),
  ],
  ['I1', 'nobody was told of the end of a run', withoutRecord('events', 4)],
  [
    'I1',
    'a due time of a schedule was left out',
    {
      firings: SOUND.firings.concat({
        schedule: 'a.tick',
        scheduledForMs: BEGAN + 5_000,
        outcome: 'missed',
        run: null,
      }),
    },
  ],
  ['I2', 'an attempt has two invoke records', withRecords(record('commands.a', 2, invoke('i-1', 'a.one')))],
  ['I2', 'an attempt has no invoke record', withoutRecord('commands.a', 1)],
  [
    'I2',
    'an invoke record was decided by nobody',
    withRecords(record('commands.a', 2, invoke('i-9', 'a.one'))),
  ],
  [
    'I2',
    'one process ran an invocation twice',
    { executions: [...SOUND.executions, ...SOUND.executions.slice(0, 1)] },
  ],
  ['I2', 'an attempt is completed that nobody ran', { executions: SOUND.executions.slice(1) }],
  [
    'I3',
    'a task is invoked before what it depends on is completed',
    withHistory(
      rows(
        HISTORY[0]!,
        ...HISTORY.slice(5, 9).map(unnumbered),
        ...HISTORY.slice(1, 5).map(unnumbered),
        HISTORY[9]!,
      ).map((row, at) => ({ ...row, seq: at + 1 })),
    ),
  ],
  [
    'I3',
    'a task that has ended starts',
    withHistory(inserted(5, { type: EventType.taskStarted, ...about, data: { invocation: 'i-1' } })),
  ],
  [
    'I3',
    'a task that has started is queued by the same instance',
    withHistory(
      inserted(4, {
        type: EventType.taskQueued,
        ...about,
        data: { invocation: 'i-1', instance: INSTANCE },
      }),
    ),
  ],
  [
    'I3',
    'an attempt number is left out',
    withHistory(changedRow(2, { attempt: 2 }), {
      tasks: runWith([]).tasks.map((task) => (task.task === 'a.one' ? { ...task, attempt: 2 } : task)),
    }),
  ],
  [
    'I3',
    'a run is completed though a task ended in error',
    withHistory(changedRow(5, { type: EventType.taskError, data: { invocation: 'i-1', final: true } }), {
      tasks: [
        { task: 'a.one', item: null, state: 'error', attempt: 1, invocation: 'i-1' },
        runWith([]).tasks[1]!,
      ],
    }),
  ],
  [
    'I4',
    'the history leads to another state than the stored one',
    withHistory(HISTORY, { tasks: [{ ...runWith([]).tasks[0]!, attempt: 2 }, runWith([]).tasks[1]!] }),
  ],
  ['I4', 'a row of the history is missing', withHistory(HISTORY.filter(({ seq }) => seq !== 3))],
  ['I4', 'the run is stored in another state', withHistory(HISTORY, { state: 'failed' })],
  [
    'I5',
    'a record is taken in twice',
    withHistory(
      inserted(5, { type: EventType.taskStarted, applied: false, topic: 'events', partition: 0, offset: 0 }),
    ),
  ],
  [
    'I5',
    'a completion is applied twice',
    withHistory(inserted(5, { type: EventType.taskCompleted, ...about, data: { invocation: 'i-1' } })),
  ],
  [
    'I5',
    'a schedule fired twice for one due time',
    { runs: [...SOUND.runs, { ...scheduled, run: 'run-9' }] },
  ],
  ['I5', 'there is a run for which nobody asked', { requests: [] }],
  [
    'I6',
    'an update of another attempt is applied',
    withHistory(changedRow(5, { data: { invocation: 'i-0' } })),
  ],
  [
    'I7',
    'a timeout fired though the completion came in time',
    watched('completion_timeout', { deadlineAt: DEADLINE, now: DEADLINE }, late(1, DEADLINE - 1)),
  ],
  [
    'I7',
    'an instance was found lost though it was never silent for long',
    watched('server_lost', { now: BEGAN + 10_000 }),
  ],
  [
    'I7',
    'an instance was found lost that had been silent only before it took the attempt',
    watched('server_lost', { now: BEGAN + 10_000 }, heartbeat(2, 'online', BEGAN - 30_000)),
  ],
  [
    'I7',
    'a timeout fired before its deadline',
    watched('completion_timeout', { deadlineAt: DEADLINE, now: DEADLINE - 1 }),
  ],
  [
    'I7',
    'a deadline was shorter than its server was told',
    watched('completion_timeout', { deadlineAt: BEGAN + 799, now: DEADLINE }),
  ],
  [
    'I7',
    'a timeout fired for no deadline',
    watched('completion_timeout', { deadlineAt: null, now: DEADLINE }),
  ],
  [
    'I7',
    'a timeout fired for what was never begun',
    watched('start_timeout', { deadlineAt: DEADLINE, now: DEADLINE }),
  ],
  [
    'I7',
    'a timeout fired right after an outage',
    {
      ...watched('completion_timeout', { deadlineAt: BEGAN + 5_000, now: BEGAN + 10_500 }),
      faults: [outage],
    },
  ],
  [
    'I7',
    'a timeout fired in the grace after an outage',
    {
      ...watched('completion_timeout', { deadlineAt: BEGAN + 12_000, now: BEGAN + 21_999 }),
      faults: [outage],
    },
  ],
  ['I8', 'poison has no dead letter', { deadLetters: [] }],
  ['I8', 'poison has two dead letters on the topic', withRecords(SOUND.records.at(-1)!)],
  [
    'I8',
    'a good message is a dead letter',
    { deadLetters: [...SOUND.deadLetters, { ...SOUND.deadLetters[0]!, topic: 'events', offset: 2 }] },
  ],
  [
    'I8',
    'poison was in the way',
    { deadLetters: SOUND.deadLetters.map((letter) => ({ ...letter, atMs: BEGAN + 5_000 })) },
  ],
  ['I9', 'a message is left in the outbox', { outbox: 1 }],
  ['I9', 'a record is not read', { positions: read(5) }],
  ['I9', 'a position lies beyond the end', { positions: read(9) }],
  [
    'I10',
    'an attempt waited long after a fault',
    {
      faults: [{ kind: 'coordinator killed', atMs: BEGAN + 250, healedMs: BEGAN + 250, stopsKafka: false }],
      limits: { ...SOUND.limits, recoveryMs: 100 },
    },
  ],
  ...MORE_REFUSED,
];

describe('the checker', () => {
  test('finds nothing where all went well', () => {
    expect(check(SOUND).violations).toEqual([]);
    expect(check(SOUND).figures).toMatchObject({ runs: 4, attempts: 2, transitions: 22, poison: 1 });
  });

  test.each(REFUSED)('refuses by %s when %s', (invariant, _, changed) => {
    const { violations } = check({ ...SOUND, ...changed });
    expect(violations.map((violation) => violation.invariant)).toContain(invariant);
  });

  test('has a case for each invariant', () => {
    expect(new Set(REFUSED.map(([invariant]) => invariant)).size).toBe(14);
  });

  test('holds it to be right that another instance takes over what has started', () => {
    const data = { invocation: 'i-1', instance: 'a-2' };
    for (const type of [EventType.taskQueued, EventType.taskStarted])
      expect(check({ ...SOUND, ...withHistory(inserted(4, { type, ...about, data })) }).violations).toEqual(
        [],
      );
  });

  const ALLOWED: readonly (readonly [string, Changed])[] = [
    [
      'fires when the completion came too late',
      watched('completion_timeout', { deadlineAt: DEADLINE, now: DEADLINE }, late(1, DEADLINE)),
    ],
    [
      'fires when what came in time had another lease',
      watched('completion_timeout', { deadlineAt: DEADLINE, now: DEADLINE }, late(1, BEGAN, 'forged')),
    ],
    ['finds an instance lost that was silent', watched('server_lost', { now: BEGAN + 18_500 })],
    [
      'finds an instance lost whose last sign of life somebody else repeats',
      watched('server_lost', { now: BEGAN + 18_500 }, heartbeat(2, 'online', BEGAN + 9_000, 'h-1')),
    ],
    [
      'fires late, in an outage, for a deadline that passed before it',
      {
        ...watched('completion_timeout', { deadlineAt: BEGAN + 1_000, now: BEGAN + 9_000 }),
        faults: [outage],
      },
    ],
    [
      'fires when the grace after an outage is over',
      {
        ...watched('completion_timeout', { deadlineAt: BEGAN + 12_000, now: BEGAN + 22_000 }),
        faults: [outage],
      },
    ],
  ];

  test.each(ALLOWED)('holds it to be right that a watchdog %s', (_, changed) => {
    const { violations } = check({ ...SOUND, ...changed });
    expect(violations.filter(({ invariant }) => invariant === 'I7')).toEqual([]);
  });

  test.each(MORE_ALLOWED)('by %s holds it to be right that %s', (invariant, _, changed) => {
    const { violations } = check({ ...SOUND, ...changed });
    expect(violations.filter((violation) => violation.invariant === invariant)).toEqual([]);
  });
});
