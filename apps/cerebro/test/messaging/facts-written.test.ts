import { expect, jest, test } from '@jest/globals';
import type { Bus, OutMessage, PublishResult } from '@cordyna/bus';
import { Leases, type OutboxMessage } from '../../src/coordination/index.js';
import { CommandTopics } from '../../src/messaging/command-topics.js';
import { KafkaOutboundBus, type FactsWritten } from '../../src/messaging/kafka-outbound-bus.js';

const EVENTS = 'c.events';

/** What is told when the messages get these results, in their order. */
async function told(
  messages: readonly OutboxMessage[],
  results: readonly (readonly [partition: number, offset: bigint] | null)[],
): Promise<readonly Parameters<FactsWritten>[]> {
  const factsWritten = jest.fn<FactsWritten>();
  const send = async (sent: readonly OutMessage[]): Promise<PublishResult[]> =>
    sent.map((_, at) => {
      const result = results[at];
      if (!result) return { ok: false, outcome: 'unknown', error: new Error('no answer') as never };
      return { ok: true, partition: result[0], offset: result[1] };
    });
  const admin = { ensureTopics: async () => undefined, partitions: async () => 3 };
  const bus = { admin: () => admin, publisher: () => ({ send }) } as unknown as Bus;
  const topics = new CommandTopics(admin as never, { prefix: 'c', partitions: 3, replicationFactor: 1 });
  await new KafkaOutboundBus(bus, topics, new Leases(), factsWritten).send(messages, 0);
  return factsWritten.mock.calls;
}

const messageOf = (kind: OutboxMessage['kind'], topic: string): OutboxMessage => ({
  ...{ kind, messageId: 'm', topic, partition: null, server: null, headers: {}, key: Buffer.from('k') },
  ...{ value: Buffer.from('{"id":"m"}'), invocation: null, run: 'r', ackMs: null },
});
const fact = messageOf('fact', EVENTS);
const answer = messageOf('registration', 'c.registrations');

test('where facts are is told in pieces that follow each other, of those that are known to be there', async () => {
  const facts = [fact, fact, fact, fact, fact];
  expect(await told(facts, [[1, 5n], [1, 6n], [1, 8n], [2, 9n], null])).toEqual([
    [EVENTS, 1, 5n, 7n],
    [EVENTS, 1, 8n, 9n],
    [EVENTS, 2, 9n, 10n],
  ]);
  expect(
    await told(
      [fact, answer, fact],
      [
        [0, 1n],
        [0, 2n],
        [0, 3n],
      ],
    ),
  ).toEqual([
    [EVENTS, 0, 1n, 2n],
    [EVENTS, 0, 3n, 4n],
  ]);
});

test('of many nothing is told', async () => {
  const many = Array.from({ length: 17 }, () => fact);
  const results = many.map((_, at) => [0, BigInt(at)] as const);
  expect(await told(many, results)).toEqual([]);
  expect(await told(many.slice(1), results)).toEqual([[EVENTS, 0, 0n, 16n]]);
});
