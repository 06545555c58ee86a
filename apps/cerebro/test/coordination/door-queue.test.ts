import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import type { Inbound } from '../../src/coordination/inbound.js';
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

test('a run that is begun is worth more than what happens to one', async () => {
  const queue = new DoorQueue();
  const request = { kind: 'run-requested' } as Inbound;
  for (let partition = 0; partition < 5; partition++)
    void queue.add({ inbounds: Array.from({ length: 40 }, () => request), range: null });
  expect((await queue.take())?.waiting).toHaveLength(3);
  expect(queue.size).toBe(80);
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

describe('marks of published messages', () => {
  const mark = (row: string) => [{ row, settled: null, invokes: [] }];
  const rowsOf = (taken: Awaited<ReturnType<DoorQueue['take']>>) => taken?.published.map(({ row }) => row);
  beforeEach(() => {
    jest.useFakeTimers();
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  test('wait until they are due, and ride with the batch that comes then', async () => {
    const queue = new DoorQueue();
    queue.addPublished(mark('1'));
    jest.advanceTimersByTime(125);
    void queue.add(item(1));
    expect(rowsOf(await queue.take())).toEqual([]);
    jest.advanceTimersByTime(125);
    void queue.add(item(1));
    expect(await queue.take()).toMatchObject({ waiting: [{}], published: [{ row: '1' }] });
  });

  test('that come just before others are due wait for a time of their own', async () => {
    const queue = new DoorQueue();
    queue.addPublished(mark('1'));
    jest.advanceTimersByTime(150);
    queue.addPublished(mark('2'));
    jest.advanceTimersByTime(100);
    expect(rowsOf(await queue.take())).toEqual(['1']);
    jest.advanceTimersByTime(125);
    expect(rowsOf(await queue.take())).toEqual(['2']);
  });

  test('make a batch of their own when nothing else comes', async () => {
    const queue = new DoorQueue();
    queue.addPublished(mark('1'));
    const taken = queue.take();
    jest.advanceTimersByTime(250);
    expect(await taken).toMatchObject({ waiting: [], published: [{ row: '1' }] });
  });

  test('are all given at the end, however long they have waited', () => {
    const queue = new DoorQueue();
    for (const row of ['1', '2', '3']) {
      queue.addPublished(mark(row));
      jest.advanceTimersByTime(125);
    }
    queue.addPublished(mark('4'));
    expect(queue.takePublished().map(({ row }) => row)).toEqual(['1', '2', '3', '4']);
    expect(jest.getTimerCount()).toBe(0);
  });
});

test('a closed queue takes nothing more, gives out what it has, and then ends', async () => {
  const queue = new DoorQueue();
  void queue.add(item(1));
  queue.close();
  await expect(queue.add(item(1))).rejects.toThrow('stopping');
  expect((await queue.take())?.waiting).toHaveLength(1);
  expect(await queue.take()).toBeUndefined();
});
