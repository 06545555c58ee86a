import { EventType } from '@cordyna/protocol/model';
import type { DataSource } from 'typeorm';
import type { LogLineView } from '../../coordination/ports/index.js';
import { runExists } from './runs.js';

interface Row {
  readonly at: Date;
  readonly invocation: string;
  readonly task: string;
  readonly attempt: number;
  readonly level: string;
  readonly message: string;
}

/** Lines of all attempts of a run in the order in which they came; the history knows which attempt an invocation was. */
export async function logOf(source: DataSource, run: string): Promise<readonly LogLineView[] | null> {
  if (!(await runExists(source, run))) return null;
  const rows: readonly Row[] = await source.query(
    `SELECT l.at, l.invocation, h.task, h.attempt::float8 AS attempt, l.level, l.message
     FROM task_log l JOIN history h
       ON h.run = l.run AND h.type = $2 AND h.applied AND h.data->>'invocation' = l.invocation
     WHERE l.run = $1::uuid
     ORDER BY l.id`,
    [run, EventType.taskInvoked],
  );
  return rows.map((row) => ({ ...row, at: row.at.toISOString() }));
}
