/** BullMQ's side that asks for runs and waits for their ends. */
import { randomUUID } from 'node:crypto';
import { FlowProducer, Queue } from 'bullmq';
import { Redis } from 'ioredis';
import type { RelayOutcome, RelayWork } from '../baselines/bare-relay.js';
import { answer } from '../stack/answers.js';
import { chainFlow, firstJob, QUEUE } from './bullmq-flows.js';

const [port = '', endedChannel = ''] = process.argv.slice(2);
const connection = { port: Number(port), maxRetriesPerRequest: null };
const flows = new FlowProducer({ connection });
const queue = new Queue(QUEUE, { connection });
const ends = new Redis(connection);
const waiting = new Map<string, () => void>();
ends.on('message', (_channel: string, run: string) => waiting.get(run)?.());

async function ask({ shape, mode }: RelayWork, runs: readonly string[]): Promise<void> {
  if (shape === 'chain') await Promise.all(runs.map((run) => flows.add(chainFlow(shape, run))));
  else if (mode === 'batch') await queue.addBulk(runs.map((run) => firstJob(shape, run)));
  else
    await Promise.all(
      runs.map((run) => {
        const { name, data } = firstJob(shape, run);
        return queue.add(name, data);
      }),
    );
}

async function work(asked: RelayWork): Promise<Omit<RelayOutcome, 'completions'>> {
  const runs = Array.from({ length: asked.runs }, () => randomUUID());
  const startMs = performance.now();
  const latencies = runs.map(
    (run) =>
      new Promise<number>((resolve) => {
        waiting.set(run, () => {
          waiting.delete(run);
          resolve(performance.now() - startMs);
        });
      }),
  );
  await ask(asked, runs);
  const latenciesMs = await Promise.all(latencies);
  return { ms: Math.max(...latenciesMs), latenciesMs };
}

answer(
  {
    ready: async () => {
      await Promise.all([flows.waitUntilReady(), queue.waitUntilReady(), ends.subscribe(endedChannel)]);
      return true;
    },
    work,
  },
  async () => {
    ends.disconnect();
    await queue.close();
    await flows.close();
  },
);
