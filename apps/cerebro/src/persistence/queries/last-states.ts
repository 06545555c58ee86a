import type { TaskState } from '@cordyna/protocol/model';
import type { DataSource } from 'typeorm';
import { ms } from '../sql/time.js';
import type { FoldedRuns } from './folded-runs.js';

interface Last {
  readonly task: string;
  /** Null: no run of the task has ended. */
  readonly state: TaskState | null;
  readonly createdAt: number | null;
}

const ENDED = `SELECT task, ended_state AS state, ${ms('ended_created_at')} AS "createdAt" FROM freshness`;

// What is begun alike has the same tasks, unless they were declared anew meanwhile: the newest tells of all that they have.
const UNFINISHED = `
  SELECT DISTINCT ON (task, job, scope) id FROM runs WHERE state = 'running'
  ORDER BY task, job, scope, created_at DESC, id DESC`;

/** Of each task that was ever declared its state in the newest run that it is a member of. */
export function lastStates(
  source: DataSource,
  foldedRuns: FoldedRuns,
): Promise<ReadonlyMap<string, TaskState>> {
  return source.transaction('REPEATABLE READ', async (manager) => {
    const ended: readonly Last[] = await manager.query(ENDED);
    const unfinished: readonly { id: string }[] = await manager.query(UNFINISHED);
    const newest = new Map(ended.map((last) => [last.task, last]));
    const ids = unfinished.map(({ id }) => id);
    for (const { createdAt, tasks, seed } of (await foldedRuns.in(manager, ids)).values()) {
      for (const { item, member, state } of tasks) {
        const task = seed.plan.members[member]?.task ?? '';
        const known = newest.get(task);
        if (item === null && known && (known.createdAt ?? 0) <= createdAt)
          newest.set(task, { task, state, createdAt });
      }
    }
    return new Map(
      Array.from(newest.values()).flatMap(({ task, state }) => (state === null ? [] : [[task, state]])),
    );
  });
}
