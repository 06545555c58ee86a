import type { Holders, LatestOutput } from '@cordyna/engine';
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
  `SELECT task, version::float8 AS version, consumed, holders, latest_run AS "latestRun", output FROM freshness
   WHERE task = ANY ($1::text[])`,
);

export interface FreshnessRow {
  readonly task: string;
  readonly version: number;
  readonly consumed: { readonly [dependency: string]: string };
  readonly holders: Holders;
  readonly latestRun: string | null;
  /** JSON: an object, of a list its elements' objects in their order; null: no run is known to have given one. */
  readonly output: string | null;
}

const latestOf = ({ latestRun: run, output }: FreshnessRow): LatestOutput | null =>
  run === null ? null : { run, output: JSON.parse(output ?? '{}') as LatestOutput['output'] };

export const freshnessOf = (rows: readonly FreshnessRow[]): Loaded['freshness'] =>
  new Map(
    rows.map((row) => {
      const { task, version, consumed, holders } = row;
      const held = Object.keys(holders).length > 0 ? { holders } : {};
      return [task, { version, value: { task, consumed, latest: latestOf(row), ...held } }];
    }),
  );
