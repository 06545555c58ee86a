import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { JointPublisher } from '../../src/coordination/joint-publisher.js';
import type { StoredOutboxMessage } from '../../src/coordination/index.js';

let published: (readonly string[])[];
let joint: JointPublisher;

beforeEach(() => {
  jest.useFakeTimers();
  published = [];
  joint = new JointPublisher({ publish: (messages) => void published.push(messages.map(({ id }) => id)) });
});
afterEach(() => {
  expect(jest.getTimerCount()).toBe(0);
  jest.useRealTimers();
});

const messages = (...ids: readonly string[]) => ids.map((id) => ({ id }) as StoredOutboxMessage);

test('what commits leave that are under way together is published together, once the last has ended', async () => {
  const [first, second, failed] = [joint.begin(), joint.begin(), joint.begin()];
  const left = [first(messages('a', 'b')), failed([])];
  expect(published).toEqual([]);
  await Promise.all([...left, second(messages('c'))]);
  expect(published).toEqual([['a', 'b', 'c']]);
  await joint.begin()(messages('d'));
  expect(published).toEqual([['a', 'b', 'c'], ['d']]);
});

test('nobody waits long for a commit that does not end', async () => {
  const [first, stuck] = [joint.begin(), joint.begin()];
  const left = first(messages('a'));
  jest.advanceTimersByTime(20);
  await left;
  expect(published).toEqual([['a']]);
  await stuck(messages('b'));
  expect(published).toEqual([['a'], ['b']]);
});
