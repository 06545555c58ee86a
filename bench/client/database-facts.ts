import { EventType } from '@cordyna/protocol/model';
import type { Pool } from 'pg';

export interface StoredFigures {
  readonly runs: number;
  readonly tasks: number;
  readonly historyRows: number;
}

/** What the database holds of these runs. @throws Error when a run or a task of it is missing or not completed */
export async function storedFigures(
  pool: Pool,
  runs: readonly string[],
  tasksPerRun: number,
): Promise<StoredFigures> {
  const { rows } = await pool.query<{ runs: string; completed: string; history: string }>(
    `SELECT (SELECT count(*) FROM runs WHERE id = ANY ($1::uuid[]) AND state = 'completed') AS runs,
       count(*) FILTER (WHERE applied AND type = $2) AS completed, count(*) AS history
     FROM history WHERE run = ANY ($1::uuid[])`,
    [runs, EventType.taskCompleted],
  );
  const found = rows[0] ?? { runs: 0, completed: 0, history: 0 };
  const wanted = runs.length * tasksPerRun;
  if (Number(found.runs) !== runs.length || Number(found.completed) !== wanted) {
    throw new Error(
      `of ${runs.length} runs with ${wanted} tasks, ${found.runs} with ${found.completed} are completed in the database`,
    );
  }
  return { runs: runs.length, tasks: wanted, historyRows: Number(found.history) };
}
