import { lineOf, type TaskRun } from '@cordyna/engine';
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
