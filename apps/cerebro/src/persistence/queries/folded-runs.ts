import type { Run } from '@cordyna/engine';
import type { EntityManager } from 'typeorm';
import { foldedRuns, selectSeeds, type PartRow, type SeedRow } from '../sql/stored-runs.js';

const HEADS = 'SELECT id AS run, next_seq AS "nextSeq" FROM runs WHERE id = ANY ($1::uuid[])';
const PARTS = `
  SELECT p.run, p.first_seq AS "firstSeq", p.entries
  FROM unnest($1::uuid[], $2::int[]) AS w (run, seq) JOIN history_parts p ON p.run = w.run AND p.last_seq >= w.seq
  ORDER BY p.run, p.first_seq`;

/**
 * Runs as people look at them. What was folded is kept for a while, since a run is looked at again and again while it goes
 * on: then only what has been added to its history is read.
 */
export class FoldedRuns {
  private readonly known = new Map<string, Run>();
  private tasks = 0;

  /** @param maxTasks task runs that are kept at most */
  constructor(private readonly maxTasks = 20_000) {}

  /** As they are in the snapshot of a transaction, by id. */
  async in(manager: EntityManager, runs: readonly string[]): Promise<ReadonlyMap<string, Run>> {
    const heads: readonly { run: string; nextSeq: number }[] = await manager.query(HEADS, [runs]);
    // Somebody else may have looked a moment later.
    const begun = new Map(
      heads.flatMap(({ run, nextSeq }) => {
        const known = this.known.get(run);
        return known && known.nextSeq <= nextSeq ? [[run, known]] : [];
      }),
    );
    const fresh = selectSeeds(heads.map(({ run }) => run).filter((run) => !begun.has(run)));
    const seeds: readonly SeedRow[] = await manager.query(fresh.text, [...fresh.values]);
    const from = heads.map(({ run }) => begun.get(run)?.nextSeq ?? 1);
    const parts: readonly PartRow[] = await manager.query(PARTS, [heads.map(({ run }) => run), from]);
    const folded = foldedRuns(seeds, parts, begun);
    for (const run of folded.values()) this.keep(run);
    return folded;
  }

  private keep(run: Run): void {
    const id = run.seed.run;
    this.drop(id);
    this.known.set(id, run);
    this.tasks += run.tasks.length;
    for (const [oldest] of this.known) {
      if (this.tasks <= this.maxTasks) break;
      this.drop(oldest);
    }
  }

  private drop(id: string): void {
    this.tasks -= this.known.get(id)?.tasks.length ?? 0;
    this.known.delete(id);
  }
}
