import { replay, type HistoryRow, type Run } from '@cordyna/engine';
import { entriesOf } from './history-entry.js';
import { prepared } from './statement.js';
import { seedOf } from './seeds.js';

/**
 * A run is its seed and its history: what happened to its tasks is stored once, and folded by whoever wants to know what
 * they are now. Both are read in one snapshot.
 */
export const selectSeeds = prepared(
  'run_seeds_select',
  'SELECT run, seed FROM run_seeds WHERE run = ANY ($1::uuid[])',
);

export const selectParts = prepared(
  'history_parts_select',
  `SELECT run, first_seq AS "firstSeq", entries FROM history_parts WHERE run = ANY ($1::uuid[]) ORDER BY run, first_seq`,
);

export interface SeedRow {
  readonly run: string;
  readonly seed: string;
}
export interface PartRow {
  readonly run: string;
  readonly firstSeq: number;
  readonly entries: string;
}

const NOTHING_KNOWN: ReadonlyMap<string, Run> = new Map();

/**
 * @param seeds of runs that are folded from their beginning
 * @param parts those of a run in order of `firstSeq`
 * @param known runs that are folded from where they are: of their histories what follows is enough
 * @returns by id, those that have a seed or are known
 * @throws EngineError `history_gap` when part of a history is missing
 */
export function foldedRuns(
  seeds: readonly SeedRow[],
  parts: readonly PartRow[],
  known = NOTHING_KNOWN,
): ReadonlyMap<string, Run> {
  const histories = new Map<string, HistoryRow[]>();
  for (const { run, firstSeq, entries } of parts) {
    const history = histories.get(run) ?? [];
    histories.set(run, history);
    const next = known.get(run)?.nextSeq ?? 1;
    for (const row of entriesOf(entries, firstSeq)) if (row.seq >= next) history.push(row);
  }
  const folded = new Map<string, Run>();
  for (const { run, seed } of seeds) folded.set(run, replay(seedOf(seed), histories.get(run) ?? []));
  for (const [id, run] of known) folded.set(id, replay(run.seed, histories.get(id) ?? [], run));
  return folded;
}
