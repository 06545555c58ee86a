import { expect, test } from '@jest/globals';
import type { Bus, OutMessage } from '@cordyna/bus';
import { Leases, type OutboxMessage } from '../../src/coordination/index.js';
import { CommandTopics } from '../../src/messaging/command-topics.js';
import { KafkaOutboundBus } from '../../src/messaging/kafka-outbound-bus.js';

const T0 = Date.UTC(2026, 10, 21, 10, 0, 0, 123);
const SECRET = 'secret';

function outbound() {
  const sent: OutMessage[] = [];
  const send = async (messages: readonly OutMessage[]) => {
    sent.push(...messages);
    return messages.map(() => ({ ok: true, partition: 0, offset: 0n }));
  };
  const admin = { ensureTopics: async () => undefined, partitions: async () => 3 };
  const bus = { admin: () => admin, publisher: () => ({ send }) } as unknown as Bus;
  const topics = new CommandTopics(admin as never, { prefix: 'c', partitions: 3, replicationFactor: 1 });
  const leases = new Leases();
  leases.use(SECRET);
  return { bus: new KafkaOutboundBus(bus, topics, leases), leases, sent };
}

const invoke = (partition: number | null): OutboxMessage => ({
  ...{ kind: 'command', messageId: 'i', topic: 'c.commands.a', partition, server: 'a', headers: { h: 'x' } },
  ...{
    key: Buffer.from('i'),
    value: Buffer.from('{"id":"i","data":{}}'),
    invocation: 'i',
    run: 'r',
    ackMs: 1_000,
  },
});
const fact: OutboxMessage = {
  ...invoke(null),
  ...{
    kind: 'fact',
    topic: 'c.events',
    value: Buffer.from('{"id":"f"}'),
    invocation: null,
    ackMs: null,
    server: null,
  },
};

test('what was made beforehand is what would be made when it leaves, and leaves with its stamp only', async () => {
  for (const message of [invoke(2), fact]) {
    const [now, before] = [outbound(), outbound()];
    before.bus.prepare([message], T0);
    for (const { bus } of [now, before]) {
      await bus.send([message], T0);
      await bus.send([message], T0 + 60_000);
    }
    expect(before.sent).toEqual(now.sent);
    expect(before.sent.map(({ value }) => String(value).slice(0, 34))).toEqual([
      '{"time":"2026-11-21T10:00:00.123Z"',
      '{"time":"2026-11-21T10:01:00.123Z"',
    ]);
  }
});

test('a command whose partition is not known yet is made when it leaves, for the partition that it has then', async () => {
  const { bus, sent } = outbound();
  const message = invoke(null);
  bus.prepare([message], T0);
  await bus.ensureCommandTopic('a');
  await bus.send([message], T0);
  expect(sent.map(({ partition }) => partition)).toEqual([bus.commandPartition('a', 'i')]);
});

test('a command is found by its id, and all facts have the same headers', async () => {
  const { bus, sent } = outbound();
  await bus.send([invoke(2)], T0);
  await bus.send([fact, { ...fact, messageId: 'another' }], T0);
  const [command, ...facts] = sent.map(({ headers }) => headers);
  expect(command).toEqual({ h: 'x', 'cordyna-message': 'i' });
  expect(facts).toEqual([facts[1], { h: 'x', 'cordyna-message': 'fact' }]);
  expect(facts[0]).toBe(facts[1]);
});
