import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { JointPublisher } from '../../src/coordination/joint-publisher.js';
import type { OutboxRow } from '../../src/coordination/index.js';

let published: (readonly string[])[];
let joint: JointPublisher;

beforeEach(() => {
  jest.useFakeTimers();
  published = [];
  joint = new JointPublisher({ publish: (rows) => void published.push(rows.map(({ id }) => id)) });
});
afterEach(() => {
  expect(jest.getTimerCount()).toBe(0);
  jest.useRealTimers();
});

const rows = (...ids: readonly string[]) => ids.map((id) => ({ id }) as OutboxRow);

test('what commits leave that are under way together is published together, once the last has ended', async () => {
  const [first, second, failed] = [joint.begin(), joint.begin(), joint.begin()];
  const left = [first(rows('a', 'b')), failed([])];
  expect(published).toEqual([]);
  await Promise.all([...left, second(rows('c'))]);
  expect(published).toEqual([['a', 'b', 'c']]);
  await joint.begin()(rows('d'));
  expect(published).toEqual([['a', 'b', 'c'], ['d']]);
});

test('nobody waits long for a commit that does not end', async () => {
  const [first, stuck] = [joint.begin(), joint.begin()];
  const left = first(rows('a'));
  jest.advanceTimersByTime(20);
  await left;
  expect(published).toEqual([['a']]);
  await stuck(rows('b'));
  expect(published).toEqual([['a'], ['b']]);
});
