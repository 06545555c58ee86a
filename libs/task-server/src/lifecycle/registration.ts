import { setTimeout as delay } from 'node:timers/promises';
import type { Bus, BusPublisher, BusRecord } from '@cordyna/bus';
import type { DeclarationAccepted, DeclarationRejected, ServerDeclaration } from '@cordyna/protocol/model';
import { EventType } from '@cordyna/protocol/model';
import type { Topics } from '@cordyna/protocol/wire';
import { decodeMessage } from '@cordyna/protocol/wire';
import { DeclarationRejectedError } from '../errors.js';
import type { TaskServerLog } from '../log.js';
import { errorText } from '../log.js';
import type { ServerMessages } from '../messages/server-messages.js';

export interface RegistrationParts {
  readonly bus: Bus;
  readonly publisher: BusPublisher;
  readonly messages: ServerMessages;
  readonly topics: Topics;
  readonly declaration: ServerDeclaration;
  readonly log: TaskServerLog;
  /** Aborted when the server is stopped before it was registered. */
  readonly signal: AbortSignal;
}

type Answer = { readonly accepted: DeclarationAccepted } | { readonly rejected: DeclarationRejected };

/** Protocol, rule 1. */
const ANSWER_MS = 10_000;
const RETRY_MS = 500;

/**
 * Declares the server until Cerebro answers, however long Cerebro or the broker are away.
 * @throws DeclarationRejectedError with everything that Cerebro found
 */
export async function register(parts: RegistrationParts): Promise<DeclarationAccepted> {
  const ids = new Set<string>();
  let reported = '';
  for (;;) {
    parts.signal.throwIfAborted();
    let trouble: string;
    try {
      const answer = await declareOnce(parts, ids);
      if (answer && 'accepted' in answer) return answer.accepted;
      if (answer) throw new DeclarationRejectedError(answer.rejected.server, answer.rejected.errors);
      trouble = 'no answer from Cerebro yet';
    } catch (error) {
      if (error instanceof DeclarationRejectedError) throw error;
      trouble = errorText(error);
      await delay(RETRY_MS, undefined, { signal: parts.signal }).catch(() => parts.signal.throwIfAborted());
    }
    if (trouble !== reported) parts.log('warn', `not registered yet, declaring again: ${trouble}`, {});
    reported = trouble;
  }
}

/** @returns undefined when there was no answer in time */
async function declareOnce(parts: RegistrationParts, ids: Set<string>): Promise<Answer | undefined> {
  const { bus, publisher, messages, topics, declaration, signal } = parts;
  const ends = await bus.admin().endOffsets(topics.registrations);
  const { id, message } = messages.declaration(declaration);
  ids.add(id);

  let answer: Answer | undefined;
  const over = new AbortController();
  const tail = bus.tail(topics.registrations, ends, (record) => {
    answer ??= answerTo(record, ids);
    if (answer) over.abort();
  });
  try {
    const [result] = await publisher.send([message]);
    if (!result?.ok) throw result?.error ?? new Error('the declaration was not sent');
    const ended = AbortSignal.any([over.signal, signal]);
    await delay(ANSWER_MS, undefined, { signal: ended }).catch(() => signal.throwIfAborted());
    return answer;
  } finally {
    await tail.stop();
  }
}

/** An answer to an earlier declaration of this process is as good: they are equal. */
function answerTo(record: BusRecord, ids: ReadonlySet<string>): Answer | undefined {
  const decoded = decodeMessage('registrations', record);
  if (!decoded.ok || !decoded.known) return undefined;
  const { type, data } = decoded.event;
  if (typeof data.declaration !== 'string' || !ids.has(data.declaration)) return undefined;
  return type === EventType.serverAccepted
    ? { accepted: data as unknown as DeclarationAccepted }
    : { rejected: data as unknown as DeclarationRejected };
}
