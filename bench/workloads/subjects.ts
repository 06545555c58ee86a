import type { BenchClient } from '../client/client.js';
import type { RelayOutcome, RelayWork } from '../baselines/bare-relay.js';
import { SHAPES, type ShapeName } from '../shapes.js';
import { BASELINES, type BaselineName, type BenchStack } from '../stack/installation.js';
import type { Child } from '../stack/children.js';
import { cpuBetween, cpuOf } from '../stack/processes.js';
import { sampleOf, type Sample } from './measure.js';

export type SubjectName = 'cordyna' | BaselineName;

/** What is measured: Cordyna or a baseline. `calls`: each run in a send (baselines) or request (Cordyna) of its own. */
export interface Subject<Name extends string = SubjectName> {
  readonly name: Name;
  run(shape: ShapeName, runs: number, mode: 'batch' | 'calls'): Promise<Sample>;
}

/** Both ends of a baseline. */
interface Pair {
  readonly relay: Child;
  readonly echo: Child;
}

function relayOf<Name extends string>(name: Name, { relay, echo }: Pair, stack: BenchStack): Subject<Name> {
  const { PostgreSQL = 0, Kafka = 0 } = stack.pids;
  const pids = { relay: relay.pid, echo: echo.pid, PostgreSQL, Kafka };
  return {
    name,
    async run(shape, runs, mode) {
      const work: RelayWork = { shape, runs, mode };
      const before = cpuOf(pids);
      const outcome = await relay.ask<RelayOutcome>('work', work);
      const cpuMs = cpuBetween(before, cpuOf(pids));
      const tasks = runs * SHAPES[shape].tasks.length;
      if (outcome.completions !== tasks) {
        throw new Error(`${name}: ${outcome.completions} of ${tasks} tasks completed`);
      }
      return { runs, tasks, ms: outcome.ms, latenciesMs: outcome.latenciesMs, cpuMs, historyRows: 0 };
    },
  };
}

/** To be warmed up as the others are; it is measured by itself, before and after them. */
export const calibrationOf = (stack: BenchStack): Subject<'calibration'> =>
  relayOf('calibration', stack.calibration, stack);

export function subjectsOf(stack: BenchStack, client: BenchClient): readonly [Subject, ...Subject[]] {
  const cordyna: Subject = {
    name: 'cordyna',
    run: (shape, runs, mode) =>
      sampleOf(client, stack.pids, SHAPES[shape], runs, mode === 'batch' ? 'bus' : 'http'),
  };
  const baselines = BASELINES.map((name) =>
    relayOf(name, { relay: stack.relays[name], echo: stack.echoes[name] }, stack),
  );
  return [cordyna, ...baselines];
}
