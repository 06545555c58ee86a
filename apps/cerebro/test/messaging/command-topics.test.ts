import { jest, expect, test } from '@jest/globals';
import { Logger } from '@nestjs/common';
import type { BusAdmin } from '@cordyna/bus';
import { CommandTopics } from '../../src/messaging/command-topics.js';

test('a topic that cannot be made is tried by one at a time, and each attempt that fails says so once', async () => {
  const warn = jest.spyOn(Logger.prototype, 'warn').mockReturnValue(undefined);
  let isAway = true;
  let tries = 0;
  const admin = {
    ensureTopics: async () => {
      tries += 1;
      if (isAway) throw new Error('the broker is away');
    },
    partitions: async () => 3,
  } as unknown as BusAdmin;
  const topics = new CommandTopics(admin, { prefix: 'c', partitions: 12, replicationFactor: 1 });
  const asked = Array.from({ length: 10 }, (_, n) => topics.partitionOf('server-a', `i-${n}`));
  expect(asked).toEqual(asked.map(() => null));
  await expect(topics.ensure('server-a')).rejects.toThrow('the broker is away');
  expect([tries, warn.mock.calls.length]).toEqual([1, 1]);
  isAway = false;
  await topics.ensure('server-a');
  expect(topics.partitionOf('server-a', 'i-1')).toBeLessThan(3);
  await topics.ensure('server-a');
  expect([tries, warn.mock.calls.length]).toEqual([2, 1]);
  warn.mockRestore();
});
