import type { WorkloadSummary } from '../figures/summary.js';
import type { Figures } from '../figures/figures.js';
import { barChart, type BarGroup } from './svg.js';

const whole = (value: number): string => Math.round(value).toLocaleString('en');
const ms = (value: number): string => `${value.toFixed(2)} ms`;
const micro = (value: number): string => `${Math.round(value * 1_000)} µs`;

const SUBJECTS = ['cordyna', 'bare', 'commit', 'bullmq'] as const;
const SERIES = ['Cordyna', 'bare relay', 'relay + commit', 'BullMQ'];
const PROCESSES = ['coordinator', 'task server', 'PostgreSQL', 'Kafka'];

type Summaries = readonly WorkloadSummary[];

const groupOf = (
  summaries: Summaries,
  workload: WorkloadSummary['workload'],
  title: string,
  value: (summary: WorkloadSummary) => number | null,
  format: BarGroup['format'],
): BarGroup => {
  const values = SUBJECTS.map((subject) => {
    const found = summaries.find((one) => one.workload === workload && one.subject === subject);
    return found ? value(found) : null;
  });
  return { title, values, format };
};

function latencyPlot(summaries: Summaries): string {
  return barChart('W1, milliseconds per hop: less is better', SERIES, [
    groupOf(summaries, 'W1', 'p50', ({ hopMs }) => hopMs?.p50 ?? null, ms),
    groupOf(summaries, 'W1', 'p95', ({ hopMs }) => hopMs?.p95 ?? null, ms),
    groupOf(summaries, 'W1', 'p99', ({ hopMs }) => hopMs?.p99 ?? null, ms),
  ]);
}

function throughputPlot(summaries: Summaries): string {
  const rate = ({ tasksPerSecond }: WorkloadSummary) => tasksPerSecond;
  return barChart('Tasks per second: more is better', SERIES, [
    groupOf(summaries, 'W2', 'W2 fan of 1000', rate, whole),
    groupOf(summaries, 'W3', 'W3 diamonds, bus', rate, whole),
    groupOf(summaries, 'W3 calls', 'W3 in 500 calls', rate, whole),
  ]);
}

function cpuPlot(summaries: Summaries): string {
  const ours = summaries.filter(({ subject, workload }) => subject === 'cordyna' && workload !== 'W1');
  const groups = ours.map(({ workload, cpuMsPerTask }) => ({
    title: workload,
    values: PROCESSES.map((name) => cpuMsPerTask[name] ?? null),
    format: micro,
  }));
  return barChart('CPU time per task', PROCESSES, groups);
}

/** File name → SVG, for all that was measured. */
export function plotsOf({ summaries, openLoad, growth }: Figures): ReadonlyMap<string, string> {
  const plots = new Map<string, string>();
  if (summaries.length > 0) {
    plots.set('latency.svg', latencyPlot(summaries));
    plots.set('throughput.svg', throughputPlot(summaries));
    plots.set('cpu.svg', cpuPlot(summaries));
  }
  if (openLoad) {
    const groups = openLoad.levels.map(({ shareOfKnee, tasksPerSecond, latencyMs }) => ({
      title: `${shareOfKnee * 100} %, ${whole(tasksPerSecond)}/s`,
      values: [latencyMs.p50, latencyMs.p95, latencyMs.p99],
      format: ms,
    }));
    plots.set(
      'open-load.svg',
      barChart('W5, latency of a run under a steady load', ['p50', 'p95', 'p99'], groups),
    );
  }
  if (growth) {
    const groups = growth.levels.map(({ what, hopMs, empty }) => ({
      title: what.replace('finished runs', 'runs').replace('more declared tasks', 'tasks more'),
      values: [hopMs, empty.hopMs],
      format: ms,
    }));
    const title = 'W6, milliseconds per hop as the installation grows';
    plots.set('growth.svg', barChart(title, ['it', 'beside it, one that does not grow'], groups));
  }
  return plots;
}
