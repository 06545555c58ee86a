import { lineOf, type TaskRun } from '@cordyna/engine';
import { isFinalTaskState } from '@cordyna/protocol/model';
import type { Database, RunRow } from './database.js';

export interface Found {
  readonly id: string;
  readonly run: RunRow;
  readonly task: TaskRun;
  readonly server: string;
}

/** Every task run of runs that are not over; `all` also of those that are. */
export function* taskRuns({ busy }: Database, all = false): Iterable<Found> {
  for (const [id, run] of busy) {
    if (!all && run.state !== 'running') continue;
    for (const task of run.tasks)
      yield { id, run, task, server: run.seed.plan.members[task.member]?.server ?? '' };
  }
}

export const isWith = ({ state, invocation }: TaskRun): boolean =>
  invocation !== null && (state === 'invoked' || state === 'queued' || state === 'started');
export const lineIn = ({ task }: Found): string | null =>
  task.state === 'pending' ? lineOf(task.reason) : null;

export function counted(found: Iterable<Found>): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { server } of found) counts.set(server, (counts.get(server) ?? 0) + 1);
  return counts;
}

export function* where(found: Iterable<Found>, holds: (one: Found) => boolean): Iterable<Found> {
  for (const one of found) if (holds(one)) yield one;
}

/** What timers look for of a run. */
export function* watchedOf(run: string, { tasks, seed }: RunRow): Iterable<object> {
  for (const one of tasks) {
    const { index, state, deadlineAt, deadlineKind, retryAt } = one;
    if (isFinalTaskState(state)) continue;
    const server = seed.plan.members[one.member]?.server;
    const instance = state === 'queued' || state === 'started' ? one.invocation && one.instance : null;
    const line = state === 'pending' ? lineOf(one.reason) : null;
    const invocation = deadlineAt !== null || instance !== null ? one.invocation : null;
    if (instance === null && line === null && deadlineAt === null && retryAt === null) continue;
    yield { run, index, server, invocation, instance, line, deadlineAt, deadlineKind, retryAt };
  }
}

/** How each task ended in the newest run in which it did. */
export function lastEnds({ runs }: Database): readonly object[] {
  const last = new Map<string, { task: string; run: string; state: string; at: number }>();
  for (const [run, { seed, tasks, createdAt: at }] of runs) {
    for (const { item, member, state } of tasks) {
      const task = seed.plan.members[member]?.task ?? '';
      if (item !== null || !isFinalTaskState(state)) continue;
      const known = last.get(task);
      if (!known || known.at < at || (known.at === at && known.run < run))
        last.set(task, { task, run, state, at });
    }
  }
  return Array.from(last.values(), ({ at: _, ...one }) => one);
}
