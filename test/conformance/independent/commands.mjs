import { setTimeout as sleep } from 'node:timers/promises';
import { readEvent } from './envelope.mjs';

/** Rules 2 to 4: a member of the server's group that acknowledges a fetched batch in one send, then commits it. */
export async function consumeCommands(config, { kafka, worker, updates, log, onDead }) {
  const topic = config.topics.commands;
  const consumer = kafka.consumer({
    groupId: config.group,
    sessionTimeout: 6000,
    rebalanceTimeout: 10_000,
    heartbeatInterval: 1000,
    maxWaitTimeInMs: 200,
    allowAutoTopicCreation: false,
    retry: { initialRetryTime: 100, retries: 10 },
  });
  consumer.on(consumer.events.CRASH, ({ payload }) => {
    log('consumer crashed', { message: payload.error.message, restart: payload.restart });
    if (!payload.restart) onDead(payload.error);
  });
  consumer.on(consumer.events.GROUP_JOIN, ({ payload }) =>
    log('joined', { partitions: payload.memberAssignment[topic] ?? [] }),
  );

  async function eachBatch({ batch, heartbeat, isRunning, isStale }) {
    const commands = batch.messages.map(readEvent).filter(Boolean);
    for (;;) {
      if (!isRunning() || isStale()) return;
      const offers = receive(commands, worker);
      try {
        if (offers.length > 0) await updates.trySend(offers.map(({ message }) => message));
        for (const { invocation } of offers) worker.acknowledged(invocation);
        break;
      } catch (error) {
        log('not acknowledged, trying again', { message: error.message });
        await sleep(200);
        await heartbeat();
      }
    }
    // kafkajs steps past the batch by itself; the offset is what the next owner of the partition begins with.
    const offset = String(BigInt(batch.lastOffset()) + 1n);
    await consumer.commitOffsets([{ topic, partition: batch.partition, offset }]);
  }

  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  await consumer.run({ autoCommit: false, partitionsConsumedConcurrently: 12, eachBatch });
  return consumer;
}

/** A cancel follows its invoke on the same partition, so the order within the batch is kept. */
function receive(commands, worker) {
  const offers = [];
  for (const { type, data, traceparent } of commands) {
    if (type === 'cordyna.task.cancel.v1') worker.cancel(data);
    if (type !== 'cordyna.task.invoke.v1') continue;
    const message = worker.offer({ ...data, traceparent });
    if (message) offers.push({ invocation: data.invocation, message });
  }
  return offers;
}
