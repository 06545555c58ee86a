import { expect, test } from '@jest/globals';
import { DoorQueue } from '../../src/coordination/door-queue.js';

const item = (count: number) => ({
  inbounds: Array.from({ length: count }, () => ({ kind: 'fire', schedule: 'a.b', newRun: '1' }) as const),
  range: null,
});

test('all that arrived while a transaction ran is the next batch', async () => {
  const queue = new DoorQueue();
  for (let waiting = 0; waiting < 3; waiting++) void queue.add(item(1));
  const taken = await queue.take();
  expect(taken?.waiting).toHaveLength(3);
});

test('a batch ends at the limit, but one partition is never split', async () => {
  const queue = new DoorQueue();
  for (const count of [300, 300, 5]) void queue.add(item(count));
  expect((await queue.take())?.waiting).toHaveLength(2);
  expect((await queue.take())?.waiting).toHaveLength(1);
});

test('it is told once enough waits to be worth a transaction of its own', async () => {
  const queue = new DoorQueue();
  let told = 0;
  void queue.many(3).then(() => (told += 1));
  void queue.add(item(2));
  await Promise.resolve();
  expect(told).toBe(0);
  void queue.add(item(1));
  await queue.many(3);
  expect(told).toBe(1);
  await queue.take();
  expect(queue.size).toBe(0);
  const enough = queue.many(1);
  queue.close();
  await enough;
});

test('marks of published messages wait until they are due, and ride with the batch that comes then', async () => {
  const queue = new DoorQueue();
  queue.addPublished([{ row: '1', settled: null, invokes: [] }]);
  void queue.add(item(1));
  expect((await queue.take())?.published).toHaveLength(0);
  const due = queue.take();
  void due.then(() => queue.add(item(1)));
  expect((await due)?.published).toHaveLength(1);
});

test('marks of published messages make a batch of their own when nothing else comes', async () => {
  const queue = new DoorQueue();
  queue.addPublished([{ row: '1', settled: null, invokes: [] }]);
  const taken = await queue.take();
  expect(taken).toMatchObject({ waiting: [], published: [{ row: '1' }] });
});

test('a closed queue takes nothing more, gives out what it has, and then ends', async () => {
  const queue = new DoorQueue();
  void queue.add(item(1));
  queue.close();
  await expect(queue.add(item(1))).rejects.toThrow('stopping');
  expect((await queue.take())?.waiting).toHaveLength(1);
  expect(await queue.take()).toBeUndefined();
});
