import type { JsonValue, RunRequest } from '@cordyna/protocol/model';
import {
  Commands,
  InvalidCursor,
  Queries,
  Readiness,
  RequestRefused,
  type FailureFilter,
  type FailureView,
  type GraphView,
  type HistoryView,
  type ReadinessReport,
  type RunView,
} from '../../../src/coordination/index.js';

export const RUN = '01990000-0000-7000-8000-000000000001';
export const OTHER_RUN = '01990000-0000-7000-8000-000000000002';
export const NO_RUN = '01990000-0000-7000-8000-00000000dead';
const AT = '2026-11-21T10:00:00.000Z';

export class MemoryCommands extends Commands {
  readonly requests: { readonly request: RunRequest; readonly source: string; readonly trace?: string }[] =
    [];
  readonly cancels: { readonly run: string; readonly reason: string }[] = [];
  /** Thrown by the next call. */
  failure: Error | null = null;

  private fail(): void {
    const failure = this.failure;
    this.failure = null;
    if (failure) throw failure;
  }

  async requestRun(request: RunRequest, source: string, trace?: string) {
    this.fail();
    this.requests.push({ request, source, ...(trace === undefined ? {} : { trace }) });
    return { run: request.run ?? RUN, created: true };
  }

  async cancelRun(run: string, reason: string): Promise<void> {
    this.fail();
    if (run === NO_RUN) throw new RequestRefused('unknown_run', `no run ${run}`);
    this.cancels.push({ run, reason });
  }

  async retryRun(): Promise<void> {
    this.fail();
  }

  async graph(): Promise<GraphView> {
    this.fail();
    const node = { server: 'server-a', declared: true, unresolved: [] };
    return {
      nodes: [
        { ...node, task: 'server-a.extract' },
        { ...node, task: 'server-a.load', unresolved: ['server-b.gone'] },
        { task: 'server-b.gone', server: 'server-b', declared: false, unresolved: [] },
      ],
      edges: [
        { from: 'server-a.extract', to: 'server-a.load' },
        { from: 'server-b.gone', to: 'server-a.load' },
      ],
    };
  }
}

export class MemoryReadiness extends Readiness {
  now: ReadinessReport = { ready: true, checks: { bus: { ok: true, reason: null, detail: 'running' } } };
  report(): ReadinessReport {
    return this.now;
  }
}

export function historyRow(seq: number, more: Partial<HistoryView> = {}): HistoryView {
  return {
    seq,
    at: AT,
    recordedAt: AT,
    source: '/servers/server-a/one',
    type: 'cordyna.task.started.v1',
    task: 'server-a.extract',
    item: null,
    attempt: 1,
    applied: true,
    reason: null,
    topic: 'cordyna.events',
    partition: 3,
    offset: '17',
    data: { invocation: 'i' },
    ...more,
  };
}

const summary = {
  run: RUN,
  task: 'server-a.extract',
  job: null,
  state: 'failed',
  trigger: { kind: 'schedule', schedule: 'server-a.extract', scheduledFor: AT },
  createdAt: AT,
  finishedAt: AT,
} as const;

const view: RunView = {
  ...summary,
  tasks: [
    {
      task: 'server-a.extract',
      item: { index: 0, value: ['x'] },
      state: 'error',
      attempt: 2,
      server: 'server-a',
      instance: 'one',
      invokedAt: AT,
      queuedAt: null,
      startedAt: AT,
      finishedAt: AT,
      output: null,
      error: { code: 'no_disk', message: 'full', description: 'Call storage.', retryable: true },
      blockedBy: null,
      reason: null,
      progress: { percent: 40.5, message: null },
    },
  ],
};

/** All rows of all runs in the order of their commits. */
export class MemoryQueries extends Queries {
  readonly rows: { readonly run: string; readonly row: HistoryView }[] = [];
  readonly asked: string[] = [];
  readonly filters: unknown[] = [];
  failure: Error | null = null;
  deadLetter = {
    id: '1',
    at: AT,
    reason: 'invalid_data',
    detail: '/attempt is required',
    topic: 'cordyna.events',
    partition: 0,
    offset: '5',
    key: null as string | null,
    value: '{"data":{"lease":"top-secret"}}' as string | null,
    encoding: 'utf8' as 'utf8' | 'base64',
    truncated: false,
  };

  failureLogged: FailureView = {
    ...{
      kind: 'refused',
      at: AT,
      reason: 'wrong lease',
      detail: 'cordyna.task.started.v1 from /servers/a/b',
    },
    ...{ server: 'server-a', instance: 'one', task: 'server-a.extract', attempt: 1, run: RUN, seq: 5 },
    ...{ topic: 'cordyna.events', partition: 3, offset: '17' },
  };

  append(run: string, count = 1, more: Partial<HistoryView> = {}): void {
    for (let i = 0; i < count; i++) {
      const seq = this.rows.filter((one) => one.run === run).length + 1;
      this.rows.push({ run, row: historyRow(seq, more) });
    }
  }

  async runs(filter: { limit: number; cursor?: string }) {
    this.filters.push(filter);
    if (filter.cursor === 'bad') throw new InvalidCursor('bad');
    return { items: [summary], next: 'more' };
  }

  async run(run: string) {
    if (this.failure) throw this.failure;
    return run === RUN ? view : null;
  }

  async history(run: string, fromSeq = 1, limit = Infinity) {
    if (run === NO_RUN) return null;
    const own = this.rows.filter((one) => one.run === run).map(({ row }) => row);
    this.asked.push(`history ${fromSeq}`);
    return own.filter(({ seq }) => seq >= fromSeq).slice(0, limit);
  }

  async taskArgs(run: string, task: string, item: number | null) {
    if (run !== RUN) return null;
    return {
      ...{ run, task, item: item === null ? null : { index: item }, attempt: 1 },
      ...{ args: { day: 1 }, origins: { day: 'job' }, sources: [{ origin: 'job', args: { day: 1 } }] },
    };
  }

  async log(run: string) {
    const line = {
      at: AT,
      invocation: 'i',
      task: 'server-a.extract',
      attempt: 1,
      level: 'info',
      message: 'hello',
    };
    return run === RUN ? [line] : null;
  }

  async servers() {
    const instances = [{ instance: 'one', state: 'online', lastSeen: AT, clockSkewMs: -3 } as const];
    const about = { version: '1.4.0', team: null, contact: null, description: null };
    return [
      {
        server: 'server-a',
        ...about,
        state: 'online',
        instances,
        tasks: ['server-a.extract'],
        notices: [],
      } as const,
    ];
  }

  flowOutput: JsonValue = null;

  async flows() {
    return [
      { task: 'server-a.flow', reportedAt: AT, report: this.flowOutput },
      { task: 'server-a.new', reportedAt: null, report: null },
    ];
  }

  async lastStates() {
    return new Map([['server-a.extract', 'completed'] as const]);
  }

  async deadLetters(filter: { limit: number }) {
    this.filters.push(filter);
    return { items: [this.deadLetter], next: null };
  }

  async failures(filter: FailureFilter) {
    this.filters.push(filter);
    return { items: [this.failureLogged], next: null };
  }

  async stream({ run, cursor, limit }: { run?: string; cursor?: string; limit: number }) {
    this.asked.push(`stream ${run ?? 'all'} ${cursor ?? '-'}`);
    if (this.failure) throw this.failure;
    const prefix = run === undefined ? 'all' : 'run';
    if (cursor !== undefined && !new RegExp(`^${prefix}-\\d+$`).test(cursor)) throw new InvalidCursor(cursor);
    const all = this.rows.map((one, at) => ({ ...one, place: run === undefined ? at + 1 : one.row.seq }));
    const own = run === undefined ? all : all.filter((one) => one.run === run);
    const start = cursor === undefined ? (run === undefined ? own.length : 0) : Number(cursor.slice(4));
    const rows = own
      .filter(({ place }) => place > start)
      .slice(0, limit)
      .map(({ place, ...one }) => ({ ...one, cursor: `${prefix}-${place}` }));
    return { rows, cursor: rows.at(-1)?.cursor ?? `${prefix}-${start}` };
  }

  async firings(schedule: string, limit: number) {
    this.filters.push({ schedule, limit });
    return [{ scheduledFor: AT, outcome: 'missed', run: null, reason: 'a newer one was due' }];
  }
}
