import { EventType } from '@cordyna/protocol/model';
import type { JsonObject } from '@cordyna/protocol/model';
import {
  POISON_HEADER,
  type Evidence,
  type HistoryEntry,
  type LogRecord,
  type StoredFiring,
  type StoredRun,
  type StoredTask,
} from './evidence.js';

/** Epoch ms of the first thing that happens. */
export const BEGAN = 1_800_000_000_000;
export const RUN = 'run-1';
export const INSTANCE = 'a-1';
const COORDINATOR = '/cerebro/one';
const SERVER = `/servers/a/${INSTANCE}`;

type Row = Partial<HistoryEntry> & { readonly type: string };

export function rows(...given: readonly Row[]): HistoryEntry[] {
  return given.map((row, at) => ({
    ...{
      seq: at + 1,
      recordedMs: BEGAN + at * 100,
      source: COORDINATOR,
      task: null,
      item: null,
      attempt: null,
    },
    ...{ applied: true, reason: null, topic: null, partition: null, offset: null, data: {} },
    ...row,
  }));
}

export const record = (
  topic: string,
  offset: number,
  told: object | null,
  more: Partial<LogRecord> = {},
): LogRecord => ({
  ...{ topic, partition: 0, offset, timestampMs: BEGAN, key: null, headers: {} },
  value: told && JSON.stringify(told),
  ...more,
});

const said = (type: string, data: JsonObject, source = SERVER): object => ({ type, source, data });
export const attemptOf = (invocation: string, task: string, attempt = 1): JsonObject => ({
  ...{ invocation, run: RUN, task, attempt, lease: `lease of ${invocation}`, instance: INSTANCE },
});
export const update = (type: string, invocation: string, task: string, more: JsonObject = {}): object =>
  said(type, { ...attemptOf(invocation, task), ...more });
/** Short enough for every deadline of the cases. */
const timeouts = { ackMs: 500, startMs: 500, completeMs: 500 };
export const invoke = (invocation: string, task: string): object =>
  said(EventType.taskInvoke, { ...attemptOf(invocation, task), timeouts }, COORDINATOR);

const from = (offset: number) => ({ topic: 'events', partition: 0, offset, source: SERVER });

/** A task's way from its invocation to its end, as rows; its updates are at these offsets of `events`. */
const wayOf = (task: string, invocation: string, offset: number): Row[] => {
  const about = { task, attempt: 1 };
  return [
    { type: EventType.taskInvoked, ...about, data: { invocation } },
    { type: 'cordyna.task.published.v1', ...about, data: { invocation } },
    { type: EventType.taskStarted, ...about, ...from(offset), data: { invocation, instance: INSTANCE } },
    {
      type: EventType.taskCompleted,
      ...about,
      ...from(offset + 1),
      data: { invocation, instance: INSTANCE },
    },
  ];
};

export const finished = (state: string): Row => ({ type: EventType.runFinished, data: { state } });

/** `a.one`, then `a.two`: both completed. */
export const HISTORY = rows(
  { type: EventType.runCreated, topic: 'invocations', partition: 0, offset: 0 },
  ...wayOf('a.one', 'i-1', 0),
  ...wayOf('a.two', 'i-2', 2),
  finished('completed'),
);

const completed = (task: string, invocation: string) =>
  ({ task, item: null, state: 'completed', attempt: 1, invocation }) as const;

export const runWith = (history: readonly HistoryEntry[], more: Partial<StoredRun> = {}): StoredRun => ({
  ...{ run: RUN, state: 'completed', trigger: { kind: 'request' }, nextSeq: history.length + 1 },
  tasks: [completed('a.one', 'i-1'), completed('a.two', 'i-2')],
  history,
  ...more,
});

export const heartbeat = (offset: number, state: string, atMs: number, id = `h-${offset}`): LogRecord => {
  const told = said(EventType.serverHeartbeat, { server: 'a', instance: INSTANCE, state });
  return record('servers', offset, { ...told, id }, { timestampMs: atMs });
};

const letterOf = (topic: string, partition: number, offset: number): LogRecord =>
  record('dead-letters', 0, null, {
    headers: {
      'cordyna-topic': `prefix.${topic}`,
      'cordyna-partition': String(partition),
      'cordyna-offset': String(offset),
    },
  });

const DECLARED = {
  server: 'a',
  tasks: [{ name: 'one' }, { name: 'two', dependsOn: ['one'] }],
};

const element = (item: number): StoredTask => ({
  ...{ task: 'a.each', item, state: 'completed', attempt: 1, invocation: `e-${item}` },
});
const done = (item: number): Row[] =>
  [EventType.taskInvoked, EventType.taskCompleted].map((type) => ({
    ...{ type, task: 'a.each', item, attempt: 1, data: { invocation: `e-${item}` } },
  }));
const whole = (type: string): Row => ({ type, task: 'a.each' });

/** A fan-out of two elements, and its run. */
export const FANNED: StoredRun = {
  ...{ run: 'run-4', state: 'completed', trigger: { kind: 'request' }, nextSeq: 9 },
  tasks: [
    { task: 'a.each', item: null, state: 'completed', attempt: 0, invocation: null },
    element(0),
    element(1),
  ],
  history: rows(
    { type: EventType.runCreated },
    whole('cordyna.task.expanded.v1'),
    ...done(0),
    ...done(1),
    whole(EventType.taskCompleted),
    finished('completed'),
  ),
};

export const FIRING = {
  ...{ firing: 'f-1', rule: 'ship', state: 'done', attempt: 1, run: 'run-3' },
  events: [
    { signal: 's-1', type: 'paid' },
    { signal: 's-2', type: 'packed' },
  ],
};

/** Due times of a schedule that was changed. */
const often = (...afterMs: readonly number[]): StoredFiring[] =>
  afterMs.map((ms) => ({ schedule: 'often', scheduledForMs: BEGAN + ms, outcome: 'missed', run: null }));

const applied = (name: string) => ({ kind: 'job', name, outcome: 'created', version: 1 }) as const;

/** An installation in which all went well: one run by request, one by a schedule, one message of poison. */
export const SOUND: Evidence = {
  records: [
    record('declarations', 0, said(EventType.serverDeclared, DECLARED as unknown as JsonObject)),
    record('invocations', 0, said(EventType.runRequested, { task: 'a.one', run: RUN }, '/chaos')),
    record('commands.a', 0, invoke('i-1', 'a.one')),
    record('commands.a', 1, invoke('i-2', 'a.two')),
    record('events', 0, update(EventType.taskStarted, 'i-1', 'a.one')),
    record('events', 1, update(EventType.taskCompleted, 'i-1', 'a.one')),
    record('events', 2, update(EventType.taskStarted, 'i-2', 'a.two')),
    record('events', 3, update(EventType.taskCompleted, 'i-2', 'a.two')),
    record('events', 4, said(EventType.runFinished, { run: RUN, state: 'completed' }, COORDINATOR)),
    record('events', 5, said(EventType.runFinished, { run: 'run-2', state: 'completed' }, COORDINATOR)),
    record('events', 6, said(EventType.runFinished, { run: 'run-3', state: 'completed' }, COORDINATOR)),
    record('events', 7, said(EventType.runFinished, { run: 'run-4', state: 'completed' }, COORDINATOR)),
    heartbeat(0, 'online', BEGAN),
    heartbeat(1, 'online', BEGAN + 3_000),
    record('signals', 0, null, { value: 'rubbish', headers: { [POISON_HEADER]: 'yes' } }),
    letterOf('signals', 0, 0),
  ],
  runs: [
    runWith(HISTORY),
    {
      ...runWith(rows({ type: EventType.runCreated }, finished('completed'))),
      run: 'run-2',
      trigger: { kind: 'schedule', schedule: 'a.tick', scheduledFor: new Date(BEGAN).toISOString() },
      tasks: [],
    },
    {
      ...runWith(rows({ type: EventType.runCreated }, finished('completed'))),
      ...{ run: 'run-3', trigger: { kind: 'rule', rule: 'ship', id: 'f-1' }, tasks: [] },
    },
    FANNED,
  ],
  requests: [
    { key: 'k-1', run: RUN },
    { key: 'k-4', run: 'run-4' },
  ],
  executions: [
    { invocation: 'i-1', run: RUN, task: 'a.one', attempt: 1, by: 'process 1' },
    { invocation: 'i-2', run: RUN, task: 'a.two', attempt: 1, by: 'process 1' },
  ],
  deadLetters: [{ topic: 'signals', partition: 0, offset: 0, reason: 'not_json', atMs: BEGAN + 100 }],
  firings: [
    { schedule: 'a.tick', scheduledForMs: BEGAN, outcome: 'run', run: 'run-2' },
    { schedule: 'a.tick', scheduledForMs: BEGAN + 1_000, outcome: 'missed', run: null },
    { schedule: 'a.tick', scheduledForMs: BEGAN + 2_000, outcome: 'skipped', run: 'run-2' },
    ...often(30_000, 31_000, 64_500, 66_000),
  ],
  happened: {
    accepted: [
      { source: '/shop', id: 'p-7', type: 'paid', key: '7' },
      { source: '/shop', id: 'k-7', type: 'packed', key: '7' },
      { source: '/shop', id: 'p-8', type: 'paid', key: '8' },
    ],
    ledger: [
      { signal: 's-1', source: '/shop', id: 'p-7', type: 'paid', outcome: 'triggered', key: '7' },
      { signal: 's-2', source: '/shop', id: 'k-7', type: 'packed', outcome: 'triggered', key: '7' },
      { signal: 's-3', source: '/shop', id: 'p-8', type: 'paid', outcome: 'waiting', key: '8' },
    ],
    uses: [
      { signal: 's-1', rule: 'ship', outcome: 'triggered', firing: 'f-1' },
      { signal: 's-2', rule: 'ship', outcome: 'triggered', firing: 'f-1' },
      { signal: 's-3', rule: 'ship', outcome: 'waiting', firing: null },
    ],
    firings: [FIRING],
    rules: { ship: { eventSet: 'ready', activity: { task: 'a.one' } } },
    sets: { ready: { events: ['paid', 'packed'], correlate: '/order' } },
  },
  defined: {
    versions: [
      { kind: 'job', name: 'left', version: 1, body: { description: 'first' }, atMs: BEGAN },
      { kind: 'job', name: 'right', version: 1, body: { description: 'first' }, atMs: BEGAN },
      { kind: 'schedule', name: 'often', version: 1, body: { everyMs: 1_000 }, atMs: BEGAN },
      { kind: 'schedule', name: 'often', version: 2, body: { everyMs: 1_500 }, atMs: BEGAN + 60_000 },
    ],
    alike: [['left', 'right']],
    files: [
      {
        mark: 'first',
        names: ['left', 'right'],
        outcome: 'applied',
        changes: [applied('left'), applied('right')],
      },
      { mark: 'second', names: ['left', 'right'], outcome: 'refused', changes: [] },
    ],
    changed: ['often'],
  },
  lists: { 'a.each': 2 },
  outbox: 0,
  positions: new Map([
    ['declarations/0', 1],
    ['invocations/0', 1],
    ['events/0', 8],
    ['servers/0', 2],
    ['signals/0', 1],
  ]),
  faults: [],
  limits: {
    lostAfterMs: 15_000,
    stallGraceMs: 15_000,
    maxStepMs: 3_000,
    recoveryMs: 60_000,
    poisonMs: 1_000,
  },
};
