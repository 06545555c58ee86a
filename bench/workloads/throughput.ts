import { CHAIN_LENGTH } from '../shapes.js';
import { added } from '../stack/processes.js';
import type { Profiles } from '../stack/profiles.js';
import type { Sample } from './measure.js';
import type { Subject, SubjectName } from './subjects.js';

export type ThroughputWorkload = 'W1' | 'W2' | 'W3' | 'W3 calls';

export interface ThroughputPlan {
  /** Where there is no time to warm up, the open load and the schedules come before it instead. */
  readonly when: 'once warm' | 'after W5 and W7';
  readonly passes: number;
  readonly repeats: Readonly<Record<ThroughputWorkload, number>>;
}

export const DIAMONDS = 500;

export const RUNS: { readonly [W in ThroughputWorkload]: (subject: Subject<string>) => Promise<Sample> } = {
  W1: (subject) => subject.run('chain', 1, 'batch'),
  W2: (subject) => subject.run('fan', 1, 'batch'),
  W3: (subject) => subject.run('diamond', DIAMONDS, 'batch'),
  'W3 calls': (subject) => subject.run('diamond', DIAMONDS, 'calls'),
};

export interface Measured {
  readonly subject: SubjectName;
  readonly workload: ThroughputWorkload;
  readonly pass: number;
  readonly sample: Sample;
}

/** W1 to W3 of all subjects, whose order is another one in each pass. */
export async function measureThroughput(
  subjects: readonly Subject[],
  plan: ThroughputPlan,
  workloads: readonly ThroughputWorkload[],
  profiles: Profiles,
): Promise<Measured[]> {
  const measured: Measured[] = [];
  for (let pass = 0; pass < plan.passes; pass++) {
    const shift = pass % subjects.length;
    const order = [...subjects.slice(shift), ...subjects.slice(0, shift)];
    for (const workload of workloads) {
      for (const subject of order) {
        const repeat = async () => {
          for (let at = 0; at < plan.repeats[workload]; at++)
            measured.push({ subject: subject.name, workload, pass, sample: await RUNS[workload](subject) });
        };
        const profiled = subject.name === 'cordyna' && pass === plan.passes - 1;
        if (profiled) await profiles.around(workload.replace(' ', '-'), repeat);
        else await repeat();
      }
    }
  }
  return measured;
}

export const hopMs = ({ ms }: Sample): number => ms / CHAIN_LENGTH;
export const tasksPerSecond = ({ tasks, ms }: Sample): number => (tasks / ms) * 1_000;

/** CPU time per task by process, over all samples. */
export function cpuPerTask(samples: readonly Sample[]): Record<string, number> {
  const tasks = samples.reduce((sum, sample) => sum + sample.tasks, 0);
  const total = samples.reduce<Record<string, number>>((sum, { cpuMs }) => added(sum, cpuMs), {});
  return Object.fromEntries(Object.entries(total).map(([name, ms]) => [name, ms / tasks]));
}

export const historyPerTask = (samples: readonly Sample[]): number =>
  samples.reduce((sum, { historyRows }) => sum + historyRows, 0) /
  samples.reduce((sum, { tasks }) => sum + tasks, 0);
