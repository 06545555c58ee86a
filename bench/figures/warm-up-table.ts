import { COMPARED, type Warmed } from '../workloads/warm-up.js';

/** How much faster the best of the last rounds was than the best of the first ones, by workload. */
function gains({ rounds }: Warmed): string {
  return Object.entries(rounds)
    .map(
      ([workload, ms]) =>
        `${workload} ${(Math.min(...ms.slice(0, COMPARED)) / Math.min(...ms.slice(-COMPARED))).toFixed(2)}×`,
    )
    .join(', ');
}

export function warmUpTable(warmed: readonly Warmed[]): string {
  const rows = warmed.map((one) => {
    const count = Math.max(0, ...Object.values(one.rounds).map(({ length }) => length));
    const end = one.isSteady ? 'steady' : 'the time was over';
    return `  ${one.subject.padEnd(12)} ${one.seconds.toFixed(0).padStart(4)} s, ${count} rounds, ${end}; faster by ${gains(one)}`;
  });
  return ['Warm-up:', ...rows].join('\n');
}
