import { beforeEach, expect, jest, test } from '@jest/globals';
import { Logger } from '@nestjs/common';
import type { Bus, BusRecord } from '@cordyna/bus';
import { Leases, type OutboxRow } from '../../src/coordination/index.js';
import { CommandTopics } from '../../src/messaging/command-topics.js';
import { KafkaOutboundBus } from '../../src/messaging/kafka-outbound-bus.js';
import { MESSAGE_HEADER } from '../../src/messaging/message-header.js';

const rowOf = (
  ...commands: readonly (readonly [messageId: string, partition: number | null])[]
): OutboxRow => ({
  ...{ id: '1', places: null, createdAt: 100_000, stamp: 120_000 },
  messages: commands.map(([messageId, partition]) => ({
    ...{ kind: 'command', messageId, topic: 'c.commands.server-a', partition, server: 'server-a' },
    ...{ key: Buffer.from(messageId), value: Buffer.from('{}'), headers: {}, run: 'r', ackMs: 1_000 },
    invocation: messageId,
  })),
});

let isAway: boolean;
let unreadable: number;

/** Every partition holds one record, of the message `there`. */
function outbound(): KafkaOutboundBus {
  const check = (): void => {
    if (isAway) throw new Error('the broker is away');
  };
  const admin = {
    ensureTopics: async () => check(),
    partitions: async () => 3,
    firstOffsetAtOrAfter: async () => 0n,
    endOffsets: async () => new Map([0, 1, 2].map((partition) => [partition, 1n])),
  };
  const bus = {
    admin: () => admin,
    publisher: () => ({}),
    async *readRange(_topic: string, partition: number) {
      if (partition === unreadable) throw new Error('not in time');
      yield { headers: { [MESSAGE_HEADER]: Buffer.from('there') } } as unknown as BusRecord;
    },
  } as unknown as Bus;
  const topics = new CommandTopics(admin as never, { prefix: 'c', partitions: 3, replicationFactor: 1 });
  return new KafkaOutboundBus(bus, topics, new Leases());
}

beforeEach(() => {
  isAway = false;
  unreadable = -1;
  jest.spyOn(Logger.prototype, 'warn').mockReturnValue(undefined);
});

test('a partition that cannot be read holds up its own messages, and no others of their row', async () => {
  unreadable = 1;
  const row = rowOf(['there', 0], ['kept', 1], ['lost', 2]);
  const { found, unread } = await outbound().readBack([row]);
  expect([[...found], [...unread]]).toEqual([['there'], ['kept']]);
});

test('a message whose partition is not known here is looked for, and not taken for missing when that fails', async () => {
  const bus = outbound();
  isAway = true;
  expect([...(await bus.readBack([rowOf(['there', null])])).unread]).toEqual(['there']);
  isAway = false;
  const { found, unread } = await bus.readBack([rowOf(['there', null])]);
  expect([[...found], [...unread]]).toEqual([['there'], []]);
});
