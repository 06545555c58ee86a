import type { Site, SiteOptions } from '../actors/site.js';
import { simulate, type Report } from '../simulate.js';
import { Recording } from '../store/recording.js';
import { compareEnds } from './end-state.js';
import { replayOn } from './replay.js';
import type { SimulatedDatabase } from './simulated-database.js';

export interface Compared extends Report {
  /** What the real store was asked for and answered alike. */
  readonly steps: number;
}

/**
 * A seed on both stores: coordinators see nothing of a store but its answers, so that the same answers in the same
 * order are the same simulation, and the same tables are its end. Differences are among the violations.
 */
export async function simulateOnBoth(
  seed: number,
  database: SimulatedDatabase,
  options: SiteOptions = {},
): Promise<Compared> {
  const recording = new Recording();
  let site: Site | null = null;
  const report = await simulate(seed, { ...options, recording, look: (seen) => (site = seen) });
  await database.clear();
  const { steps } = recording;
  const differences = await replayOn(database, steps);
  const { db } = site as unknown as Site;
  if (differences.length === 0) differences.push(...(await compareEnds(db, database)));
  const played = steps.filter(({ answer }) => answer !== undefined).length;
  return { ...report, violations: [...report.violations, ...differences], steps: played };
}
