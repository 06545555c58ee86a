import type { GraphFigures } from '../workloads/graph.js';
import type { GrowthFigures } from '../workloads/growth.js';
import type { OpenLoadFigures } from '../workloads/open-load.js';
import type { ScheduleFigures } from '../workloads/schedules.js';
import type { Spread } from './percentiles.js';

const right = (text: string, width: number): string => text.padStart(width);
const whole = (value: number): string => Math.round(value).toLocaleString('en');
const spread = ({ p50, p95, p99 }: Spread): string => [p50, p95, p99].map((ms) => ms.toFixed(1)).join(' / ');

export function openLoadTable({ kneeTasksPerSecond, levels }: OpenLoadFigures): string {
  const rows = levels.map(({ shareOfKnee, tasksPerSecond, latencyMs, cpuMsPerTask }) => {
    const cpu = Object.entries(cpuMsPerTask).map(([name, ms]) => `${name} ${ms.toFixed(3)}`);
    const load = `  ${shareOfKnee * 100} % = ${whole(tasksPerSecond)} tasks/s`;
    return `${load.padEnd(28)}${right(spread(latencyMs), 26)} ms   ${cpu.join(', ')}`;
  });
  const head = `W5 open load, knee at ${whole(kneeTasksPerSecond)} tasks/s: run latency p50 / p95 / p99, CPU ms per task`;
  return [head, ...rows].join('\n');
}

/** How much slower a level is than the first one, both as multiples of the baseline beside it. */
function drift(levels: GrowthFigures['levels'], at: number): string {
  const [first, level] = [levels[0], levels[at]];
  if (!first || !level || at === 0) return '';
  const hop = level.hopMs / level.commitHopMs / (first.hopMs / first.commitHopMs) - 1;
  return `hop ${hop >= 0 ? '+' : ''}${(hop * 100).toFixed(0)} %`;
}

export function growthTable({ levels, replayed, largeRun }: GrowthFigures): string {
  const head =
    'W6 growth: ms per hop, fan and diamonds tasks/s; relay + commit beside it: ms per hop, diamonds tasks/s';
  const rows = levels.map(
    (level, at) =>
      `  ${level.what.padEnd(30)}${right(level.hopMs.toFixed(2), 8)}${right(whole(level.fanTasksPerSecond), 10)}${right(whole(level.diamondTasksPerSecond), 10)}${right(level.commitHopMs.toFixed(2), 10)}${right(whole(level.commitTasksPerSecond), 10)}   ${drift(levels, at)}`,
  );
  const { beginMs, hopMs, tasksPerSecond, small } = largeRun;
  const large = [
    `  within one run of 10,000 tasks: ${hopMs.toFixed(2)} ms per hop beside ${small.hopMs.toFixed(2)} in runs of 50`,
    `${whole(tasksPerSecond)} tasks/s beside ${whole(small.tasksPerSecond)} in runs of 1,002`,
    `its first task is done after ${whole(beginMs)} ms`,
  ].join('; ');
  const listing = levels.flatMap(({ what, listingMs }) =>
    Object.entries(listingMs ?? {}).map(([kind, ms]) => `  ${kind}, ${what}: ${spread(ms)} ms`),
  );
  return [
    head,
    ...rows,
    large,
    `  ${replayed} copies were replayed and are what their history says`,
    ...listing,
  ].join('\n');
}

export const scheduleTable = ({ schedules, spreadMs, atOnceMs }: ScheduleFigures): string =>
  [
    `W7 lateness of ${whole(schedules)} schedules in the same second, until the invoke is in Kafka: p50 / p95 / p99`,
    `  ${'due evenly over it'.padEnd(26)}${right(spread(spreadMs), 26)} ms`,
    `  ${'all due at its begin'.padEnd(26)}${right(spread(atOnceMs), 26)} ms`,
  ].join('\n');

export const graphTable = ({ tasks, edges, buildAndValidateMs }: GraphFigures): string =>
  `Graph of ${whole(tasks)} tasks and ${whole(edges)} edges built and validated: ${spread(buildAndValidateMs)} ms`;
