import { setTimeout as sleep } from 'node:timers/promises';
import { binaryMessage } from './envelope.mjs';

/** The one producer through which all updates go; resolved means that Kafka has acknowledged. */
export function createUpdates({ topics, source, instance }, { producer, log }) {
  /** Rule 7: what every update echoes, with the run id as key. */
  function update(invoke, type, more = {}) {
    const { invocation, run, task, attempt, lease, traceparent } = invoke;
    const data = { invocation, run, task, attempt, lease, instance, ...more };
    return binaryMessage(run, { type, source, subject: task, traceparent }, data);
  }

  const trySend = (messages) => producer.send({ topic: topics.events, acks: -1, messages });

  /** The same message, with the same id, until it is acknowledged: a repetition changes nothing. */
  async function send(message) {
    for (let waitMs = 100; ; waitMs = Math.min(waitMs * 2, 2000)) {
      try {
        await trySend([message]);
        return;
      } catch (error) {
        log('not sent, trying again', { message: error.message });
        await sleep(waitMs);
      }
    }
  }

  return { update, trySend, send };
}
