import { COMPARED, type Warmed } from '../workloads/warm-up.js';

/** How much faster the best of the last rounds was than the best of the first ones, by workload. */
function gains({ rounds }: Warmed): string {
  return Object.entries(rounds)
    .filter(([, ms]) => ms.length > 0)
    .map(
      ([workload, ms]) =>
        `${workload} ${(Math.min(...ms.slice(0, COMPARED)) / Math.min(...ms.slice(-COMPARED))).toFixed(2)}×`,
    )
    .join(', ');
}

export function roundsOf({ rounds }: Warmed): string {
  const count = Math.max(0, ...Object.values(rounds).map(({ length }) => length));
  return count === 1 ? '1 round' : `${count} rounds`;
}

export function warmUpTable(warmed: readonly Warmed[]): string {
  const rows = warmed.map((one) => {
    const end = one.isSteady ? 'steady' : 'not steady: the time was over';
    return `  ${one.subject.padEnd(12)} ${one.seconds.toFixed(0).padStart(4)} s, ${roundsOf(one)}, ${end}; faster by ${gains(one)}`;
  });
  return ['Warm-up:', ...rows].join('\n');
}
