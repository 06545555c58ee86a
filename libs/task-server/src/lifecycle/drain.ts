import { setTimeout as delay } from 'node:timers/promises';
import type { BusConsumer } from '@cordyna/bus';
import { RETURNED } from '@cordyna/protocol/model';
import { abortError } from '../execution/abort-error.js';
import type { Executor } from '../execution/executor.js';
import type { WorkLedger } from '../execution/work-ledger.js';
import type { TaskServerLog } from '../log.js';
import { errorText } from '../log.js';
import type { Senders } from '../messages/senders.js';
import type { ServerMessages } from '../messages/server-messages.js';
import type { Heartbeats } from './heartbeats.js';

export interface DrainParts {
  readonly ledger: WorkLedger;
  readonly executor: Executor;
  readonly senders: Senders;
  readonly heartbeats: Heartbeats;
  readonly messages: ServerMessages;
  readonly consumer: BusConsumer;
  readonly drainMs: number;
  readonly log: TaskServerLog;
}

/** With a broker that is away a stop must still end. */
const LEAVE_MS = 10_000;
const FLUSH_MS = 10_000;
/** For handlers that end when their signal is aborted. */
const ABORTED_MS = 2_000;

/** Protocol, rule 10. Never rejects. */
export async function drain(parts: DrainParts): Promise<void> {
  const { ledger, executor, senders, heartbeats, messages, consumer, drainMs, log } = parts;
  ledger.drain();
  log('info', 'draining', { started: ledger.started, queued: ledger.queued });
  const draining = heartbeats.say('draining').catch(() => undefined);

  // First: what is handed back would otherwise come to this instance again.
  const left = await within(
    consumer.stop().catch((error: unknown) => log('warn', errorText(error), {})),
    LEAVE_MS,
  );
  if (!left) log('warn', 'the consumer group could not be left in time', { limitMs: LEAVE_MS });
  const error = { code: RETURNED, message: 'the instance stops before it began this', retryable: true };
  const handedBack = ledger
    .takeWaiting(Date.now())
    .map((work) => senders.updates.send(messages.error(work, error)));

  if (!(await within(executor.whenIdle(), drainMs))) {
    log('warn', 'handlers still run; their signal is aborted', { started: ledger.started, limitMs: drainMs });
    for (const { abort } of ledger.runningWorks()) abort.abort(abortError('the task server stops'));
    await within(executor.whenIdle(), ABORTED_MS);
  }
  heartbeats.stop();
  await within(Promise.allSettled([draining, ...handedBack]), FLUSH_MS);
  if (!(await senders.updates.flush(FLUSH_MS))) {
    log('error', 'updates could not be sent before the stop; Cerebro will see the instance as lost', {});
    return;
  }
  await within(
    heartbeats.say('offline').catch(() => undefined),
    FLUSH_MS,
  );
  log('info', 'offline', {});
}

/** False when it took longer. */
async function within(work: Promise<unknown>, limitMs: number): Promise<boolean> {
  const limit = new AbortController();
  const late = delay(limitMs, false, { signal: limit.signal }).catch(() => false);
  const result = await Promise.race([work.then(() => true), late]);
  limit.abort();
  return result;
}
