import type { GraphFigures } from '../workloads/graph.js';
import type { GrowthFigures, Speed } from '../workloads/growth.js';
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

/** How much more than beside it, in percent. */
const change = (value: number, beside: number): string => {
  const percent = Math.round((value / beside - 1) * 100);
  return `${percent < 0 ? '−' : '+'}${Math.abs(percent)} %`;
};

function growthRow({ what, empty, ...level }: GrowthFigures['levels'][number]): string {
  const speed = ({ hopMs, fanTasksPerSecond, diamondTasksPerSecond }: Speed): string =>
    [
      right(hopMs.toFixed(2), 8),
      right(whole(fanTasksPerSecond), 8),
      right(whole(diamondTasksPerSecond), 8),
    ].join('');
  const changes = [
    `hop ${change(level.hopMs, empty.hopMs)}`,
    `fan ${change(level.fanTasksPerSecond, empty.fanTasksPerSecond)}`,
    `diamonds ${change(level.diamondTasksPerSecond, empty.diamondTasksPerSecond)}`,
  ].join(', ');
  return `  ${what.padEnd(28)}${speed(level)}   beside ${speed(empty)}   ${changes}`;
}

export function growthTable({ levels, replayed, largeRun }: GrowthFigures): string {
  const head =
    'W6 growth: ms per hop, fan and diamonds tasks/s; in turns with an installation that does not grow';
  const rows = levels.map(growthRow);
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
