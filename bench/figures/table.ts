import type { IdleFigures, IdlePlan } from '../workloads/idle.js';
import type { SubjectName } from '../workloads/subjects.js';
import type { WorkloadSummary } from './summary.js';

const NAMES: { readonly [name in SubjectName]: string } = {
  cordyna: 'Cordyna',
  bare: 'bare relay',
  commit: 'relay + commit',
  bullmq: 'BullMQ',
};
const SHORT: { readonly [name in SubjectName]: string } = { ...NAMES, bare: 'bare', commit: 'commit' };
const TITLES = {
  W1: 'W1 chain of 50, ms per hop',
  W2: 'W2 fan 1 → 1000 → 1, tasks/s',
  W3: 'W3 500 diamonds over the bus, tasks/s',
  'W3 calls': 'W3 500 diamonds in 500 calls (Cordyna: HTTP), tasks/s',
} as const;

const right = (text: string, width: number): string => text.padStart(width);

function figure(summary: WorkloadSummary | undefined): string {
  if (!summary) return '-';
  const { hopMs, tasksPerSecond } = summary;
  if (hopMs) return `${hopMs.p50.toFixed(2)} / ${hopMs.p95.toFixed(2)} / ${hopMs.p99.toFixed(2)}`;
  return Math.round(tasksPerSecond ?? 0).toLocaleString('en');
}

/** Cordyna's figure as a multiple of the baseline's: above 1 it is slower (W1) or faster (W2, W3). */
export function ratioTo(
  summaries: readonly WorkloadSummary[],
  workload: WorkloadSummary['workload'],
  baseline: SubjectName,
): number | null {
  const of = (subject: SubjectName) => {
    const found = summaries.find((one) => one.workload === workload && one.subject === subject);
    return found?.hopMs?.p50 ?? found?.tasksPerSecond ?? null;
  };
  const [ours, theirs] = [of('cordyna'), of(baseline)];
  return ours === null || theirs === null ? null : ours / theirs;
}

const shown = (ratio: number | null): string => (ratio === null ? '-' : `${ratio.toFixed(2)}×`);

const cpuLine = (summary: WorkloadSummary): string => {
  const { workload, subject, cpuMsPerTask, runLatencyMs, historyRowsPerTask } = summary;
  const cpu = Object.entries(cpuMsPerTask).map(([name, ms]) => `${name} ${(ms * 1_000).toFixed(0)}`);
  const { p50, p99 } = runLatencyMs;
  const history = subject === 'cordyna' ? `; ${historyRowsPerTask.toFixed(2)} history rows per task` : '';
  return `  ${workload.padEnd(9)} ${NAMES[subject].padEnd(15)} ${cpu.join(', ')}; run latency ${p50.toFixed(0)} / ${p99.toFixed(0)} ms${history}`;
};

export function throughputTable(summaries: readonly WorkloadSummary[]): string {
  const workloads = [...new Set(summaries.map(({ workload }) => workload))];
  const known = (Object.keys(NAMES) as SubjectName[]).filter((name) =>
    summaries.some(({ subject }) => subject === name),
  );
  const others = known.filter((name) => name !== 'cordyna');
  const head = `${'p50 / p95 / p99, or median'.padEnd(54)}${known.map((name) => right(NAMES[name], 22)).join('')}${others.map((name) => right(`to ${SHORT[name]}`, 11)).join('')}`;
  const rows = workloads.map((workload) => {
    const cells = known.map((subject) =>
      right(figure(summaries.find((one) => one.workload === workload && one.subject === subject)), 22),
    );
    const ratios = others.map((name) => right(shown(ratioTo(summaries, workload, name)), 11));
    return `${TITLES[workload].padEnd(54)}${cells.join('')}${ratios.join('')}`;
  });
  const cpu = summaries.map(cpuLine);
  return [head, ...rows, '', 'CPU microseconds per task:', ...cpu].join('\n');
}

export function idleTable(idle: IdleFigures, { when, ms }: Pick<IdlePlan, 'when' | 'ms'>): string {
  const rows = Object.entries(idle).map(
    ([name, { cpuShare, memoryMiB }]) =>
      `  ${name.padEnd(14)}${right(`${(cpuShare * 100).toFixed(2)} %`, 10)}${right(`${memoryMiB.toFixed(0)} MiB`, 10)}`,
  );
  return [`W4 idle for ${ms / 1_000} s, ${when}: CPU (of one core) and memory (PSS)`, ...rows].join('\n');
}
