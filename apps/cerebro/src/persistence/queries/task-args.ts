import { RowType, argsSources, mergeArgs } from '@cordyna/engine';
import type { JsonObject } from '@cordyna/protocol/model';
import type { DataSource } from 'typeorm';
import type { TaskArgsView } from '../../coordination/ports/index.js';
import { isRunId } from '../sql/run-id.js';
import { seedOf } from '../sql/seeds.js';

interface Row {
  readonly seed: string;
  readonly attempt: number | null;
  readonly data: {
    readonly args?: JsonObject;
    readonly origins?: { readonly [name: string]: string };
  } | null;
}

// Merged arguments that the task's schema refuses are in the row of the error, since no attempt has them.
const QUESTION = `
  SELECT s.seed, h.attempt::float8 AS attempt, h.data
  FROM runs r JOIN run_seeds s ON s.run = r.id
  LEFT JOIN LATERAL (
    SELECT attempt, data FROM history
    WHERE run = r.id AND task = $2 AND item IS NOT DISTINCT FROM $3::int AND applied
      AND (type = $4 OR (type = $5 AND data ? 'args'))
    ORDER BY seq DESC LIMIT 1
  ) AS h ON true
  WHERE r.id = $1::uuid AND ($3::int IS NULL OR EXISTS (
    SELECT FROM history WHERE run = r.id AND task = $2 AND applied AND type = $6 AND jsonb_array_length(data->'items') > $3::int))`;

/** As the latest attempt was invoked; before the first, of what is known until then. */
export async function taskArgsOf(
  source: DataSource,
  run: string,
  task: string,
  item: number | null,
): Promise<TaskArgsView | null> {
  if (!isRunId(run)) return null;
  const values = [run, task, item, RowType.taskInvoked, RowType.taskError, RowType.taskExpanded];
  const [row]: readonly (Row | undefined)[] = await source.query(QUESTION, values);
  const seed = row && seedOf(row.seed);
  const member = seed?.plan.members.find((one) => one.task === task);
  if (!row || !seed || !member) return null;
  const sources = argsSources(seed, member);
  const merged = mergeArgs(sources);
  return {
    run,
    task,
    item: item === null ? null : { index: item },
    attempt: row.attempt,
    args: row.data?.args ?? merged.args,
    origins: row.data?.origins ?? merged.origins,
    sources: sources.filter(({ args }) => Object.keys(args).length > 0),
  };
}
