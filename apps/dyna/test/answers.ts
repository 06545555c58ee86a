import type { Graph, Run, TaskRun } from '../src/api/types.js';

/** Answers as Cerebro gives them, of one diamond in which a branch failed. */
export const RUN = '0199a1b2-0000-7000-8000-000000000001';

const task = (name: string, more: Partial<TaskRun>): TaskRun => ({
  task: name,
  item: null,
  state: 'pending',
  attempt: 1,
  server: name.split('.')[0] ?? '',
  instance: null,
  invokedAt: null,
  queuedAt: null,
  startedAt: null,
  finishedAt: null,
  output: null,
  error: null,
  blockedBy: null,
  reason: null,
  ...more,
});

const at = (seconds: number): string => new Date(Date.UTC(2026, 10, 21, 10, 0, seconds)).toISOString();
const done = (name: string, from: number, to: number): TaskRun =>
  task(name, { state: 'completed', instance: 'i1', startedAt: at(from), finishedAt: at(to), output: {} });

export const graph: Graph = {
  nodes: ['server-a.extract', 'server-b.load', 'server-b.check', 'server-c.report'].map((name) => ({
    task: name,
    server: name.split('.')[0] ?? '',
    declared: true,
  })),
  edges: [
    { from: 'server-a.extract', to: 'server-b.load' },
    { from: 'server-a.extract', to: 'server-b.check' },
    { from: 'server-b.load', to: 'server-c.report' },
    { from: 'server-b.check', to: 'server-c.report' },
  ],
};

export const running: Run = {
  run: RUN,
  task: 'server-a.extract',
  job: null,
  state: 'running',
  trigger: { kind: 'request' },
  createdAt: at(0),
  finishedAt: null,
  tasks: [
    done('server-a.extract', 0, 2),
    task('server-b.load', { state: 'invoked', invokedAt: at(2) }),
    task('server-b.check', { reason: 'waiting for capacity of server-b' }),
    task('server-c.report', {}),
  ],
};

export const failed: Run = {
  ...running,
  state: 'failed',
  finishedAt: at(75),
  tasks: [
    done('server-a.extract', 0, 2),
    task('server-b.load', {
      state: 'error',
      attempt: 3,
      instance: 'i2',
      startedAt: at(3),
      finishedAt: at(4),
      error: { code: 'disk_full', message: 'ENOSPC', description: 'Ask the storage team for room.' },
    }),
    done('server-b.check', 2, 3),
    task('server-c.report', { state: 'blocked', blockedBy: 'server-b.load' }),
  ],
};

export const completed: Run = {
  ...running,
  state: 'completed',
  finishedAt: at(3),
  tasks: running.tasks.map(({ task: name }) => done(name, 0, 2)),
};
