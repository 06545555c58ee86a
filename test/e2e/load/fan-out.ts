import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createTaskServer, type TaskServer } from '@cordyna/task-server';
import { awaitUntil, type Installation } from '@cordyna/testkit';

const ELEMENTS = 10_000;
const CONCURRENCY = 200;
/** The work of an element. */
const WORK_MS = 20;
const DONE_MS = 120_000;

/** A list of 10,000 elements, of which so many are under way at once, though the server would take more. */
export function fanOut(cordyna: () => Installation): void {
  const counts = { now: 0, most: 0 };
  const executed = new Map<number, number>();
  let server: TaskServer;

  beforeAll(async () => {
    const { brokers, prefix: topicPrefix, api } = cordyna();
    const runtime = { brokers, topicPrefix, concurrency: 2 * CONCURRENCY, handleSignals: false };
    server = createTaskServer({ name: 'fan', ...runtime, log: () => undefined });
    server.task('list', () => ({ items: Array.from({ length: ELEMENTS }, (_, index) => ({ index })) }));
    server.task('each', { forEach: 'list', concurrency: CONCURRENCY }, async ({ event: { item } }) => {
      counts.now += 1;
      counts.most = Math.max(counts.most, counts.now);
      await delay(WORK_MS);
      counts.now -= 1;
      const { index } = item?.value as { index: number };
      executed.set(index, (executed.get(index) ?? 0) + 1);
      return { squared: index * index };
    });
    server.task('sum', { dependsOn: ['each'] }, ({ event: { inputs } }) => {
      const outputs = inputs['fan.each'] as unknown as readonly { squared: number }[];
      return { sum: outputs.reduce((sum, { squared }) => sum + squared, 0) };
    });
    await server.start();
    await api.untilOnline('fan');
  }, 60_000);
  afterAll(() => server.stop(), 60_000);

  test(
    `runs each of ${ELEMENTS} elements once, at most ${CONCURRENCY} at a time, and then what depends on all of them`,
    async () => {
      const { api } = cordyna();
      const run = await api.createRun({ task: 'fan.list' });
      await awaitUntil(
        'the run is completed',
        async () => {
          const { items } = await api.runs({ task: 'fan.list', state: 'completed' });
          if (items.some((one) => one.run === run)) return true;
          throw new Error(`${executed.size} elements were executed`);
        },
        { timeoutMs: DONE_MS, everyMs: 250 },
      );
      expect([executed.size, Math.max(...executed.values())]).toEqual([ELEMENTS, 1]);
      expect(counts.most).toBeLessThanOrEqual(CONCURRENCY);
      expect(counts.most).toBeGreaterThan(1);
      const { tasks } = await api.run(run);
      const sum = ((ELEMENTS - 1) * ELEMENTS * (2 * ELEMENTS - 1)) / 6;
      expect(tasks.find(({ task }) => task === 'fan.sum')).toMatchObject({
        state: 'completed',
        output: { sum },
      });
      const elements = tasks.filter(({ task, item }) => task === 'fan.each' && item !== null);
      expect(elements.map(({ state, attempt }) => `${state} ${attempt}`)).toEqual(
        Array(ELEMENTS).fill('completed 1'),
      );
    },
    DONE_MS + 30_000,
  );
}
