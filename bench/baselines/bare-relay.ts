/**
 * The floor: a relay that knows the graph, keeps a counter per task in memory, and for each completion sends what can
 * go on. No state that survives it, no timers, no retries, no deduplication, no history.
 */
import { randomUUID } from 'node:crypto';
import { answer } from '../stack/answers.js';
import { SHAPES, type Shape, type ShapeName } from '../shapes.js';
import { connect, consume, messageOf, stepOf, type Step } from './kafka.js';

interface Graph {
  readonly upstream: readonly number[];
  readonly downstream: readonly (readonly number[])[];
}

interface RelayRun {
  readonly graph: Graph;
  readonly waitsFor: number[];
  readonly ended: (atMs: number) => void;
  left: number;
}

function graphOf({ tasks }: Shape): Graph {
  const at = new Map(tasks.map(({ name }, index) => [name, index]));
  const downstream: number[][] = tasks.map(() => []);
  tasks.forEach(({ after }, index) => after.forEach((name) => downstream[at.get(name) ?? -1]?.push(index)));
  return { upstream: tasks.map(({ after }) => after.length), downstream };
}

export interface RelayWork {
  readonly shape: ShapeName;
  readonly runs: number;
  /** One send for all runs, or one send for each. */
  readonly mode: 'batch' | 'calls';
}

export interface RelayOutcome {
  /** From the first send to the last completion. */
  readonly ms: number;
  readonly latenciesMs: readonly number[];
  readonly completions: number;
}

/** @param commit called with the completions of each Kafka batch, before anything is sent in consequence */
export async function relay(
  [brokers = '', prefix = '']: readonly string[],
  commit: (steps: readonly Step[]) => Promise<void>,
  close: () => Promise<unknown>,
): Promise<void> {
  const { producer, consumer } = await connect(brokers, `${prefix}.relay`);
  const runs = new Map<string, RelayRun>();
  const graphs = new Map(Object.values(SHAPES).map((shape) => [shape.name, graphOf(shape)]));
  let invokeBytes = 300;
  let completions = 0;
  const send = (steps: readonly Step[]) =>
    producer.send({
      topic: `${prefix}.commands`,
      messages: steps.map((step) => messageOf(step, invokeBytes)),
      acks: -1,
    });

  function advance({ run, task }: Step, next: Step[], ended: RelayRun[]): void {
    const found = runs.get(run);
    if (!found) return;
    for (const index of found.graph.downstream[task] ?? []) {
      const waitsFor = (found.waitsFor[index] ?? 0) - 1;
      found.waitsFor[index] = waitsFor;
      if (waitsFor === 0) next.push({ run, task: index });
    }
    found.left -= 1;
    if (found.left > 0) return;
    runs.delete(run);
    ended.push(found);
  }

  async function take(values: readonly Buffer[]): Promise<void> {
    const steps = values.map(stepOf);
    const next: Step[] = [];
    const ended: RelayRun[] = [];
    for (const step of steps) advance(step, next, ended);
    completions += steps.length;
    await commit(steps);
    for (const run of ended) run.ended(performance.now());
    if (next.length > 0) await send(next);
  }

  async function work({ shape, runs: count, mode }: RelayWork): Promise<RelayOutcome> {
    const graph = graphs.get(shape) as Graph;
    const before = completions;
    const startMs = performance.now();
    const latencies: Promise<number>[] = [];
    const firsts: Step[] = [];
    for (let made = 0; made < count; made++) {
      const run = randomUUID();
      latencies.push(
        new Promise((resolve) => {
          const ended = (atMs: number) => resolve(atMs - startMs);
          runs.set(run, { graph, waitsFor: [...graph.upstream], left: graph.upstream.length, ended });
        }),
      );
      firsts.push({ run, task: 0 });
    }
    if (mode === 'batch') await send(firsts);
    else await Promise.all(firsts.map((step) => send([step])));
    const latenciesMs = await Promise.all(latencies);
    return { ms: Math.max(...latenciesMs), latenciesMs, completions: completions - before };
  }

  const running = consume(consumer, `${prefix}.events`, take);
  answer(
    {
      ready: () => running,
      sizes: ({ invoke }: { invoke: number }) => {
        invokeBytes = invoke;
      },
      work,
    },
    async () => {
      await consumer.disconnect();
      await producer.disconnect();
      await close();
    },
  );
}

if (process.argv[1] === import.meta.filename) {
  await relay(
    process.argv.slice(2),
    () => Promise.resolve(),
    () => Promise.resolve(),
  );
}
