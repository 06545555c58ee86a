import type { Loaded } from '../../../coordination/ports/index.js';
import { prepared } from '../../sql/statement.js';
import { foldedRuns, type PartRow, type SeedRow } from '../../sql/stored-runs.js';

export const selectRuns = prepared(
  'runs_select',
  `SELECT id AS run, version::float8 AS version, content_hash AS "contentHash", next_seq AS "nextSeq", s.seed
   FROM runs JOIN run_seeds s ON s.run = id WHERE id = ANY ($1::uuid[])`,
);

export interface RunRow extends SeedRow {
  readonly version: number;
  readonly contentHash: string;
  readonly nextSeq: number;
}

/** The runs as the engine knows them, from rows of one snapshot. */
export function runsOf(rows: readonly RunRow[], parts: readonly PartRow[]): Loaded['runs'] {
  const folded = foldedRuns(rows, parts);
  return new Map(
    rows.map(({ run, version, contentHash, nextSeq }) => {
      const value = folded.get(run);
      if (value?.nextSeq !== nextSeq)
        throw new Error(`the history of run ${run} ends before ${value?.nextSeq}, not before ${nextSeq}`);
      return [run, { version, contentHash, value }];
    }),
  );
}
