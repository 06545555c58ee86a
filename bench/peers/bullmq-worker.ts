/** BullMQ's side that runs jobs: no-ops, concurrency 100, as the bench's task server. */
import { FlowProducer, Worker } from 'bullmq';
import { Redis } from 'ioredis';
import { answer } from '../stack/answers.js';
import { QUEUE, restFlow, type JobData } from './bullmq-flows.js';

const CONCURRENCY = 100;

const [port = '', endedChannel = ''] = process.argv.slice(2);
const connection = { port: Number(port), maxRetriesPerRequest: null };
const flows = new FlowProducer({ connection });
const ends = new Redis(connection);
let completions = 0;

const worker = new Worker<JobData>(
  QUEUE,
  async ({ data }) => {
    if (data.adds) await flows.add(restFlow(data.adds, data.run));
    return {};
  },
  { connection, concurrency: CONCURRENCY },
);
worker.on('error', (error) => console.error(error));
worker.on('failed', (_job, error) => console.error(error));
worker.on('completed', ({ data }) => {
  completions += 1;
  // Instead of the stream of events, which has four for each diamond: less for the one who waits.
  if (data.isLast) void ends.publish(endedChannel, data.run);
});

answer(
  {
    ready: () => worker.waitUntilReady().then(() => true),
    completions: () => completions,
  },
  async () => {
    await worker.close();
    await flows.close();
    ends.disconnect();
  },
);
