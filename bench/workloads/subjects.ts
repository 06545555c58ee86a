import type { BenchClient } from '../client/client.js';
import type { RelayOutcome, RelayWork } from '../baselines/bare-relay.js';
import { SHAPES, type ShapeName } from '../shapes.js';
import { BASELINES, type BaselineName, type BenchStack } from '../stack/installation.js';
import type { Bullmq } from '../peers/bullmq.js';
import type { Child } from '../stack/children.js';
import type { Cordyna } from '../stack/cordyna.js';
import { cpuBetween, cpuOf } from '../stack/processes.js';
import { sampleOf, type Sample } from './measure.js';

export type SubjectName = 'cordyna' | BaselineName | 'bullmq';

/** What is measured: Cordyna, a baseline or a peer. `calls`: each run in a send (baselines) or request (the others) of its own. */
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

function bullmqOf({ redisPid, worker, client }: Bullmq): Subject {
  const pids = { worker: worker.pid, Redis: redisPid, client: client.pid };
  return {
    name: 'bullmq',
    async run(shape, runs, mode) {
      const work: RelayWork = { shape, runs, mode };
      const done = await worker.ask<number>('completions');
      const before = cpuOf(pids);
      const { ms, latenciesMs } = await client.ask<Omit<RelayOutcome, 'completions'>>('work', work);
      const cpuMs = cpuBetween(before, cpuOf(pids));
      const tasks = runs * SHAPES[shape].tasks.length;
      const completed = (await worker.ask<number>('completions')) - done;
      if (completed !== tasks) throw new Error(`bullmq: ${completed} of ${tasks} jobs completed`);
      return { runs, tasks, ms, latenciesMs, cpuMs, historyRows: 0 };
    },
  };
}

export const cordynaOf = <Name extends string>(
  name: Name,
  { pids }: Cordyna,
  client: BenchClient,
): Subject<Name> => ({
  name,
  run: (shape, runs, mode) => sampleOf(client, pids, SHAPES[shape], runs, mode === 'batch' ? 'bus' : 'http'),
});

export function subjectsOf(stack: BenchStack, client: BenchClient): readonly [Subject, ...Subject[]] {
  const cordyna = cordynaOf('cordyna', stack, client);
  const baselines = BASELINES.map((name) =>
    relayOf(name, { relay: stack.relays[name], echo: stack.echoes[name] }, stack),
  );
  return [cordyna, ...baselines, ...(stack.bullmq ? [bullmqOf(stack.bullmq)] : [])];
}
