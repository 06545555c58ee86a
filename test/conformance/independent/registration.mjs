import { randomUUID } from 'node:crypto';
import { binaryMessage, readEvent } from './envelope.mjs';

/**
 * Rule 1: note the end of `registrations`, declare, read from there until the answer to this declaration; declare again
 * when there is none in time, for ever: Cerebro may be away.
 * @returns the answer's event, accepted or rejected
 */
export async function register(config, { kafka, producer, log, signal }) {
  const { topics, server, source, declaration } = config;
  const ends = await endOf(kafka, topics.registrations, log, signal);
  const asked = new Set();
  const over = new AbortController();
  const waiting = AbortSignal.any([signal, over.signal]);
  const { answer, stop } = await follow(kafka, config, ends, asked);
  try {
    while (!signal.aborted) {
      const id = randomUUID();
      asked.add(id);
      const attributes = { id, type: 'cordyna.server.declared.v1', source, subject: server };
      const sent = producer
        .send({ topic: topics.declarations, messages: [binaryMessage(server, attributes, declaration)] })
        .then(() => log('declared', { declaration: id }))
        .catch((error) => log('not declared', { message: error.message }));
      const event = await Promise.race([answer, sent.then(() => later(config.answerMs, waiting))]);
      if (event) return event;
    }
    return undefined;
  } finally {
    over.abort();
    await stop();
  }
}

/** The topic is Cerebro's to create, so it may be missing for a while. */
async function endOf(kafka, topic, log, signal) {
  const admin = kafka.admin({ retry: { retries: 3 } });
  await admin.connect();
  try {
    while (!signal.aborted) {
      try {
        const offsets = await admin.fetchTopicOffsets(topic);
        return offsets.map(({ partition, high }) => ({ partition, offset: high }));
      } catch (error) {
        log('waiting for the registrations topic', { message: error.message });
        await later(500, signal);
      }
    }
    return [];
  } finally {
    await admin.disconnect();
  }
}

async function follow(kafka, { topics, group, instance, server }, ends, asked) {
  // Every instance reads all answers for itself: a group of its own.
  const consumer = kafka.consumer({
    groupId: `${group}.registrations.${instance}`,
    allowAutoTopicCreation: false,
    maxWaitTimeInMs: 200,
  });
  await consumer.connect();
  await consumer.subscribe({ topic: topics.registrations, fromBeginning: true });
  let found;
  const answer = new Promise((resolve) => (found = resolve));
  await consumer.run({
    autoCommit: false,
    eachMessage: async ({ message }) => {
      const event = readEvent(message);
      if (event?.data?.server === server && asked.has(event.data.declaration)) found(event);
    },
  });
  for (const { partition, offset } of ends) consumer.seek({ topic: topics.registrations, partition, offset });
  return { answer, stop: () => consumer.disconnect() };
}

function later(ms, signal) {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener('abort', () => (clearTimeout(timer), resolve()), { once: true });
  });
}
