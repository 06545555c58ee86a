import type { BusBatch, BusRecord } from '@cordyna/bus';
import type { CancelCommand, InvokeCommand, TaskError } from '@cordyna/protocol/model';
import { EventType, RETURNED, UNKNOWN_TASK } from '@cordyna/protocol/model';
import { decodeMessage } from '@cordyna/protocol/wire';
import type { TaskDefinition } from '../handler/handler.js';
import type { TaskServerLog } from '../log.js';
import { errorText } from '../log.js';
import { deadLetter } from '../messages/dead-letters.js';
import type { Senders } from '../messages/senders.js';
import type { ServerMessages } from '../messages/server-messages.js';
import { abortError } from './abort-error.js';
import type { Executor } from './executor.js';
import type { ServerHooks } from './hooks.js';
import type { Work, WorkLedger } from './work-ledger.js';

export interface IntakeParts {
  readonly definition: (task: string) => TaskDefinition | undefined;
  readonly ledger: WorkLedger;
  readonly executor: Executor;
  readonly messages: ServerMessages;
  readonly senders: Senders;
  /** The topic. */
  readonly deadLetters: string;
  readonly hooks: () => ServerHooks;
  readonly log: TaskServerLog;
  readonly changed: () => void;
}

/**
 * Takes batches of commands. A batch is done when Kafka has acknowledged what was said about each of its commands
 * (rule 4); no handler is waited for.
 */
export class CommandIntake {
  private readonly refused = new Map<string, Promise<void>>();

  constructor(private readonly parts: IntakeParts) {}

  readonly onBatch = async (batch: BusBatch): Promise<void> => {
    // Whoever owns the partition now gets these commands.
    if (batch.isStale()) return;
    const acknowledged = batch.records.map((record) => this.take(record));
    this.parts.changed();
    await Promise.all(acknowledged);
  };

  /** Never throws, and rejects only when the instance stops: a command must not stop the consumer. */
  private take(record: BusRecord): Promise<void> {
    try {
      const decoded = decodeMessage('commands', record);
      if (!decoded.ok) return this.refuse(record, decoded.reason, decoded.detail);
      const { type, data, traceparent } = decoded.event;
      if (type === EventType.taskInvoke) return this.invoke(data as unknown as InvokeCommand, traceparent);
      if (type === EventType.taskCancel) this.cancel(data as unknown as CancelCommand);
      return Promise.resolve();
    } catch (error) {
      return this.refuse(record, 'handler_failed', errorText(error));
    }
  }

  private invoke(command: InvokeCommand, traceparent: string | undefined): Promise<void> {
    const { ledger, executor, messages, senders, hooks, definition } = this.parts;
    const behaviour = hooks().conduct?.(command) ?? 'run';
    if (behaviour === 'ignore') return Promise.resolve();
    if (behaviour === 'hold')
      return senders.updates.send(messages.queued({ command, traceparent }, ledger.queued + 1));
    const isKnown = definition(command.task) !== undefined;
    const admission = ledger.admit(command, traceparent, Date.now(), isKnown);
    switch (admission.kind) {
      case 'begin':
        return this.acknowledge(admission.work, executor.begin(admission.work));
      case 'queue':
        return this.acknowledge(admission.work, this.queuedUnlessBegun(admission.work, admission.position));
      case 'refuse': {
        const { work } = admission;
        return this.acknowledge(
          work,
          senders.updates.send(messages.error(work, isKnown ? TAKES_NO_MORE : unknown(command))),
        );
      }
      case 'known':
        return admission.receipt.acknowledged;
      case 'expired':
        this.notBegun(command, admission.kind);
        if (!admission.handBack) return Promise.resolve();
        return senders.updates.send(messages.error({ command, traceparent }, CAME_TOO_LATE));
      case 'cancelled':
        this.notBegun(command, admission.kind);
        return Promise.resolve();
    }
  }

  /** What waits for a moment only says `started` alone. */
  private queuedUnlessBegun(work: Work, position: number): Promise<void> {
    const { ledger, senders, messages } = this.parts;
    const afterMs = Math.min(QUEUED_AFTER_MS, work.command.timeouts.ackMs / 10);
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        // Dropped from the queue: cancelled, or handed back. Neither needs another answer.
        if (!ledger.isWaiting(work)) resolve();
        else senders.updates.send(messages.queued(work, position)).then(resolve, reject);
      }, afterMs);
      work.onBegun = (started) => {
        clearTimeout(timer);
        started.then(resolve, reject);
      };
    });
  }

  private acknowledge(work: Work, sent: Promise<void>): Promise<void> {
    work.receipt.acknowledged = sent;
    return sent;
  }

  private notBegun({ task, run, attempt }: InvokeCommand, why: 'expired' | 'cancelled'): void {
    const message =
      why === 'expired' ? 'not begun: it came after it had expired' : 'not begun: it had been cancelled';
    this.parts.log('warn', message, { task, run, attempt });
  }

  private cancel({ invocation, task, run, reason }: CancelCommand): void {
    const { stop, dropped } = this.parts.ledger.cancel(invocation, Date.now());
    if (stop) stop.abort.abort(abortError(`cancelled: ${reason}`));
    if (stop || dropped) this.parts.log('info', `cancelled: ${reason}`, { task, run });
  }

  /** Once per record, though it is delivered again when its offset could not be committed. */
  private refuse(record: BusRecord, ...[reason, detail]: RefusalReason): Promise<void> {
    const { senders, log, deadLetters } = this.parts;
    const { topic, partition, offset } = record;
    const place = `${topic}/${partition}/${offset}`;
    const known = this.refused.get(place);
    if (known) return known;
    log('warn', `a command was refused: ${reason}, ${detail}`, { topic, partition, offset: String(offset) });
    const sent = senders.deadLetters
      .send(deadLetter(deadLetters, record, reason, detail))
      .catch((error: unknown) => {
        log('error', `the dead letter could not be sent: ${errorText(error)}`, { topic, partition });
      });
    this.refused.set(place, sent);
    for (const oldest of this.refused.keys()) {
      if (this.refused.size <= REFUSALS_REMEMBERED) break;
      this.refused.delete(oldest);
    }
    return sent;
  }
}

const REFUSALS_REMEMBERED = 1_000;
/** Far below every useful `ackMs`; most short tasks have begun by then. */
const QUEUED_AFTER_MS = 50;

const TAKES_NO_MORE: TaskError = {
  code: RETURNED,
  message: 'the instance takes no more: its queue is full, or it is stopping',
  retryable: true,
};
/** The broker, or this server, was away: Cerebro may invoke it anew, instead of waiting for an answer in vain. */
const CAME_TOO_LATE: TaskError = {
  code: RETURNED,
  message: 'the invocation came after it had expired, and was not begun',
  retryable: true,
};
const unknown = ({ task }: InvokeCommand): TaskError => ({
  code: UNKNOWN_TASK,
  message: `this server has no task "${task}"`,
  retryable: false,
});

type RefusalReason = [reason: Parameters<typeof deadLetter>[2], detail: string];
