import { EngineError } from '../errors.js';
import type { HistoryRow, Run, RunSeed } from '../model/index.js';
import { evolve } from './evolve.js';
import { initialRun } from './initial.js';

/**
 * The run that these history rows lead to: exactly the one that the live path holds.
 * @param rows in order of `seq` and without gaps, refused ones included: from 1 on, or from the next one of `known`
 * @param known what earlier rows have led to
 * @throws EngineError `history_gap` when one is missing
 */
export function replay(seed: RunSeed, rows: Iterable<HistoryRow>, known?: Run): Run {
  let run = known ?? initialRun(seed);
  for (const row of rows) {
    if (row.seq !== run.nextSeq)
      throw new EngineError('history_gap', `expected row ${run.nextSeq} of run ${seed.run}, got ${row.seq}`);
    run = evolve(run, row);
  }
  return run;
}
