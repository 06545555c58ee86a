import type { Report } from './simulate.js';

export interface Tally {
  seeds: number;
  runs: number;
  transitions: number;
  simulatedMs: number;
  readonly failed: number[];
  readonly faults: Map<string, number>;
}

export const emptyTally = (): Tally => ({
  ...{ seeds: 0, runs: 0, transitions: 0, simulatedMs: 0 },
  failed: [],
  faults: new Map(),
});

export function addTo(
  tally: Tally,
  { seed, runs, transitions, simulatedMs, violations, faults }: Report,
): void {
  tally.seeds += 1;
  tally.runs += runs;
  tally.transitions += transitions;
  tally.simulatedMs += simulatedMs;
  if (violations.length > 0) tally.failed.push(seed);
  for (const [what, count] of faults) tally.faults.set(what, (tally.faults.get(what) ?? 0) + count);
}

/** What was simulated, in lines for people. */
export function printed(tally: Tally, tookMs: number): string {
  const { seeds, runs, transitions, simulatedMs, failed, faults } = tally;
  const seconds = (ms: number) => `${(ms / 1_000).toFixed(1)} s`;
  const byKind = [...faults].sort(([a], [b]) => (a < b ? -1 : 1)).map(([what, count]) => `${what}: ${count}`);
  return [
    `${seeds} seeds in ${seconds(tookMs)} (${((1_000 * seeds) / tookMs).toFixed(1)} seeds/s; ${seconds(simulatedMs)} simulated)`,
    `${runs} runs, ${transitions} history rows`,
    `faults: ${byKind.join(', ')}`,
    failed.length === 0 ? 'every invariant held' : `seeds that failed: ${failed.join(', ')}`,
  ].join('\n');
}
