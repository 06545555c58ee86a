import type { BenchClient } from '../client/client.js';
import type { RelayOutcome, RelayWork } from '../baselines/bare-relay.js';
import { SHAPES, type ShapeName } from '../shapes.js';
import { BASELINES, type BaselineName, type BenchStack } from '../stack/installation.js';
import { cpuBetween, cpuOf } from '../stack/processes.js';
import { sampleOf, type Sample } from './measure.js';

export type SubjectName = 'cordyna' | BaselineName;

/** What is measured: Cordyna or a baseline. `calls`: each run in a send (baselines) or request (Cordyna) of its own. */
export interface Subject {
  readonly name: SubjectName;
  run(shape: ShapeName, runs: number, mode: 'batch' | 'calls'): Promise<Sample>;
}

export function subjectsOf(stack: BenchStack, client: BenchClient): readonly Subject[] {
  const cordyna: Subject = {
    name: 'cordyna',
    run: (shape, runs, mode) =>
      sampleOf(client, stack.pids, SHAPES[shape], runs, mode === 'batch' ? 'bus' : 'http'),
  };
  const baselines = BASELINES.map((name): Subject => ({
    name,
    async run(shape, runs, mode) {
      const work: RelayWork = { shape, runs, mode };
      const { PostgreSQL = 0, Kafka = 0 } = stack.pids;
      const pids = { relay: stack.relays[name].pid, echo: stack.echoes[name].pid, PostgreSQL, Kafka };
      const before = cpuOf(pids);
      const outcome = await stack.relays[name].ask<RelayOutcome>('work', work);
      const cpuMs = cpuBetween(before, cpuOf(pids));
      const tasks = runs * SHAPES[shape].tasks.length;
      if (outcome.completions !== tasks) {
        throw new Error(`${name}: ${outcome.completions} of ${tasks} tasks completed`);
      }
      return { runs, tasks, ms: outcome.ms, latenciesMs: outcome.latenciesMs, cpuMs, historyRows: 0 };
    },
  }));
  return [cordyna, ...baselines];
}
