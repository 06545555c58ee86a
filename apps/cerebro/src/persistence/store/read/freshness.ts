import type { Holders } from '@cordyna/engine';
import type { JsonObject } from '@cordyna/protocol/model';
import type { Loaded } from '../../../coordination/ports/index.js';
import { prepared } from '../../sql/statement.js';

export const lockFreshness = prepared(
  'freshness_lock_all',
  `SELECT 1 FROM freshness WHERE task = ANY ($1::text[]) ORDER BY task FOR UPDATE`,
);

/** So that there is something to lock. */
export const beginFreshness = prepared(
  'freshness_begin_all',
  `INSERT INTO freshness (task) SELECT task FROM unnest($1::text[]) AS t (task) ORDER BY task ON CONFLICT DO NOTHING`,
);

export const selectFreshness = prepared(
  'freshness_select',
  `SELECT f.task, f.version::float8 AS version, f.consumed, f.holders, f.latest_run,
     CASE WHEN f.latest_list THEN (
       SELECT coalesce(jsonb_agg(coalesce(e.output, '{}') ORDER BY e.item_index), '[]')
       FROM task_runs e
       WHERE e.run = t.run AND e.index >= t.elements_first AND e.index < t.elements_first + t.elements_count
     ) ELSE coalesce(t.output, '{}') END AS output
   FROM freshness f LEFT JOIN task_runs t ON t.run = f.latest_run AND t.index = f.latest_index
   WHERE f.task = ANY ($1::text[])`,
);

export interface FreshnessRow {
  readonly task: string;
  readonly version: number;
  readonly consumed: { readonly [dependency: string]: string };
  readonly holders: Holders;
  readonly latest_run: string | null;
  readonly output: JsonObject | readonly JsonObject[];
}

export const freshnessOf = (rows: readonly FreshnessRow[]): Loaded['freshness'] =>
  new Map(
    rows.map(({ task, version, consumed, holders, latest_run: run, output }) => [
      task,
      {
        version,
        value: {
          ...{ task, consumed, latest: run === null ? null : { run, output } },
          ...(Object.keys(holders).length > 0 ? { holders } : {}),
        },
      },
    ]),
  );
