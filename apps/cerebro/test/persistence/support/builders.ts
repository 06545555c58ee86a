import { randomUUID } from 'node:crypto';
import { RowType, replay, type HistoryRow, type Run, type RunSeed, type TaskRun } from '@cordyna/engine';
import { restore, type BareTaskRun } from '@cordyna/engine/testing';
import { DEFAULT_RETRY, DEFAULT_TIMEOUTS, serverOf } from '@cordyna/protocol/model';
import {
  NO_DETAILS,
  type Changes,
  type Needs,
  type OutboxMessage,
  type RunChange,
  type Schedule,
} from '../../../src/coordination/ports/index.js';
import { LoadChanges } from '../../../src/coordination/load-changes.js';
import { RunWork } from '../../../src/coordination/server-work.js';

/** A whole millisecond that PostgreSQL and JavaScript both hold exactly. */
export const T0 = Date.UTC(2026, 10, 21, 10, 0, 0, 123);

export const NO_CHANGES: Changes = {
  positions: [],
  runs: [],
  load: [],
  absentRuns: [],
  keys: [],
  freshness: { read: new Map(), writes: [] },
  registry: { read: null, changes: [] },
  schedules: [],
  firings: [],
  heartbeats: [],
  signsOfLife: [],
  lost: [],
  outbox: [],
  narrowed: [],
  published: [],
  deadLetters: [],
};

export const NO_NEEDS: Needs = {
  runs: [],
  freshness: [],
  keys: [],
  schedules: [],
  positions: [],
  registry: false,
};

/** What is created counts as load. */
export const changesOf = (some: Partial<Changes>): Changes => ({
  ...NO_CHANGES,
  load: loadOf((some.runs ?? []).filter(({ expectedVersion }) => expectedVersion === null)),
  ...some,
});

function loadOf(created: readonly RunChange[]): Changes['load'] {
  const load = new LoadChanges();
  for (const { run } of created) {
    for (const server of RunWork.create(run).waitingFor()) load.wait(server, 1);
    for (const task of run.tasks) load.change(run.seed.plan.members[task.member]?.server ?? '', null, task);
  }
  return load.changes();
}

export const needsOf = (some: Partial<Needs>): Needs => ({ ...NO_NEEDS, ...some });

/** A chain: each task depends on the one before it. */
export function seedOf(tasks: readonly string[], run: string = randomUUID()): RunSeed {
  return {
    run,
    task: tasks[0] ?? null,
    job: null,
    scope: 'downstream',
    trigger: { kind: 'request', source: '/test', id: run },
    jobArgs: {},
    args: { greeting: 'grüße', nested: [1, { two: null }] },
    taskArgs: {},
    plan: {
      outsideRule: 'fresh',
      members: tasks.map((task, index) => ({
        index,
        task,
        server: serverOf(task),
        dependencies: tasks.slice(Math.max(0, index - 1), index),
        upstream: index === 0 ? [] : [index - 1],
        downstream: index + 1 < tasks.length ? [index + 1] : [],
        outside: [],
        forEach: null,
        timeouts: DEFAULT_TIMEOUTS,
        retry: DEFAULT_RETRY,
        args: {},
        jobTaskArgs: {},
        argsSchema: null,
        outputSchema: null,
      })),
    },
  };
}

export type TaskFields = Partial<Omit<BareTaskRun, 'index' | 'member'>> & { readonly member?: number };

export const taskRun = (index: number, fields: TaskFields = {}): BareTaskRun => ({
  index,
  member: index,
  item: null,
  state: 'pending',
  reason: null,
  blockedBy: null,
  attempt: 0,
  failures: 0,
  invocation: null,
  deadlineAt: null,
  deadlineKind: null,
  retryAt: null,
  instance: null,
  pastHolders: [],
  invokedAt: null,
  queuedAt: null,
  startedAt: null,
  finishedAt: null,
  output: null,
  error: null,
  outside: {},
  elements: null,
  ...fields,
});

export function runOf(
  seed: RunSeed,
  tasks: readonly TaskFields[] = seed.plan.members.map(() => ({})),
  head: Partial<Pick<Run, 'state' | 'createdAt' | 'finishedAt' | 'nextSeq' | 'retried'>> = {},
): Run {
  const stored = {
    ...{ state: 'running' as const, createdAt: T0, finishedAt: null, nextSeq: 1, retried: false },
    ...head,
  };
  return restore(
    seed,
    stored,
    tasks.map((fields, index) => taskRun(index, fields)),
  );
}

export const historyRow = (seq: number, fields: Partial<HistoryRow> = {}): HistoryRow => ({
  seq,
  at: T0,
  source: '/test',
  type: 'cordyna.test.v1',
  task: null,
  item: null,
  attempt: null,
  applied: true,
  reason: null,
  topic: null,
  partition: null,
  offset: null,
  data: {},
  ...fields,
});

/** A run that is created, or saved over the version that was read. */
export function runChange(
  run: Run,
  expectedVersion: number | null,
  rows: readonly HistoryRow[] = [],
  before: Run | null = null,
): RunChange {
  const touched: readonly TaskRun[] = [...run.tasks];
  return { run, before, seed: run.seed, expectedVersion, contentHash: 'hash', touched, rows };
}

/** What happened, as data of a history row: of the whole run, or of one task. */
export type Happening = readonly [type: RowType, data?: object, task?: number, item?: number];

/** A new run to which this has happened since it was created at `T0`, as it is saved and as it is loaded again. */
export const lived = (seed: RunSeed, ...happenings: readonly Happening[]): RunChange =>
  livedSince(T0, seed, ...happenings);

export function livedSince(createdAt: number, seed: RunSeed, ...happenings: readonly Happening[]): RunChange {
  const rows = happenings.map(([type, data = {}, task, item], at) =>
    historyRow(at + 2, {
      type,
      task: task === undefined ? null : (seed.plan.members[task]?.task ?? null),
      item: item ?? null,
      attempt: type === RowType.taskInvoked ? 1 : null,
      data: { now: T0, ...data },
    }),
  );
  const all = [historyRow(1, { type: RowType.runCreated, data: { now: createdAt } }), ...rows];
  return runChange(replay(seed, all), null, all);
}

export const message = (messageId: string, fields: Partial<OutboxMessage> = {}): OutboxMessage => ({
  kind: 'fact',
  messageId,
  topic: 'cordyna.events',
  partition: null,
  key: Buffer.from('key'),
  value: Buffer.from('{"a":"ü"}'),
  headers: { 'content-type': 'application/cloudevents+json; charset=UTF-8' },
  invocation: null,
  run: null,
  ackMs: null,
  server: null,
  ...fields,
});

export const invoke = (invocation: string, fields: Partial<OutboxMessage> = {}): OutboxMessage =>
  message(`invoke-${invocation}`, { kind: 'command', partition: 3, invocation, ackMs: 10_000, ...fields });

export const schedule = (task: string, fields: Partial<Schedule> = {}): Schedule => ({
  schedule: task,
  task,
  everyMs: 60_000,
  cron: null,
  timezone: 'UTC',
  anchor: T0,
  nextDueAt: T0 + 60_000,
  lastRun: null,
  active: true,
  details: {
    ...NO_DETAILS,
    declared: { everyMs: 60_000, cron: null, timezone: 'UTC', anchor: T0 },
    isDeclared: true,
  },
  ...fields,
});
