import {
  cpuPerTask,
  historyPerTask,
  hopMs,
  tasksPerSecond,
  type Measured,
  type ThroughputWorkload,
} from '../workloads/throughput.js';
import type { SubjectName } from '../workloads/subjects.js';
import { median, spreadOf, type Spread } from './percentiles.js';

export interface WorkloadSummary {
  readonly workload: ThroughputWorkload;
  readonly subject: SubjectName;
  readonly samples: number;
  /** Of W1. */
  readonly hopMs: Spread | null;
  /** Of all but W1: the median of the samples. */
  readonly tasksPerSecond: number | null;
  readonly runLatencyMs: Spread;
  readonly cpuMsPerTask: Readonly<Record<string, number>>;
  readonly historyRowsPerTask: number;
}

export function summarise(measured: readonly Measured[]): WorkloadSummary[] {
  const groups = new Map<string, Measured[]>();
  for (const one of measured) {
    const id = `${one.workload}\n${one.subject}`;
    groups.set(id, [...(groups.get(id) ?? []), one]);
  }
  return [...groups.values()].map((group) => {
    const [{ workload, subject }] = group as [Measured, ...Measured[]];
    const samples = group.map(({ sample }) => sample);
    return {
      workload,
      subject,
      samples: samples.length,
      hopMs: workload === 'W1' ? spreadOf(samples.map(hopMs)) : null,
      tasksPerSecond: workload === 'W1' ? null : median(samples.map(tasksPerSecond)),
      runLatencyMs: spreadOf(samples.flatMap(({ latenciesMs }) => latenciesMs)),
      cpuMsPerTask: cpuPerTask(samples),
      historyRowsPerTask: historyPerTask(samples),
    };
  });
}
