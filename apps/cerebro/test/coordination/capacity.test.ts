import { expect, test } from '@jest/globals';
import { CAPACITY_WITHOUT_HEARTBEATS, Capacity, type InstanceRow } from '../../src/coordination/index.js';

const instance = (over: Partial<InstanceRow>): InstanceRow => ({
  server: 'server-a',
  instance: 'one',
  state: 'online',
  lastSeen: 0,
  clockSkewMs: 0,
  capacity: 10,
  queueLimit: 20,
  queued: 0,
  started: 0,
  ...over,
});

function counted(unfinished: number, instances: readonly InstanceRow[]): Capacity {
  const capacity = new Capacity();
  capacity.beginCount();
  capacity.endCount(new Map([['server-a', unfinished]]), instances);
  return capacity;
}

test('the window is the sum of capacity and queue limit over the instances that are online', () => {
  const rows = [
    instance({}),
    instance({ instance: 'two', queueLimit: null }),
    instance({ instance: 'three', state: 'draining' }),
  ];
  expect(counted(0, rows).free('server-a')).toBe(30 + 110);
  expect(counted(50, rows).free('server-a')).toBe(90);
  expect(counted(500, rows).free('server-a')).toBe(0);
});

test('a server without heartbeats, or whose instances are all gone, has the default window', () => {
  expect(counted(1, []).free('server-a')).toBe(CAPACITY_WITHOUT_HEARTBEATS - 1);
  expect(counted(0, [instance({ state: 'lost' })]).free('server-a')).toBe(CAPACITY_WITHOUT_HEARTBEATS);
});

test('what this coordinator decides counts until the next count includes it', () => {
  const capacity = counted(0, [instance({})]);
  capacity.add(new Map([['server-a', 30]]));
  expect(capacity.free('server-a')).toBe(0);
  capacity.add(new Map([['server-a', -5]]));
  expect(capacity.free('server-a')).toBe(5);
  const undo = capacity.beginCount();
  undo();
  expect(capacity.free('server-a')).toBe(5);
  capacity.beginCount();
  capacity.endCount(new Map([['server-a', 25]]), [instance({})]);
  expect(capacity.free('server-a')).toBe(5);
});
