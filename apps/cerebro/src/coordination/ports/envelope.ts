import type { Command, Fact } from '@cordyna/engine';
import type { DeclarationAccepted, DeclarationRejected } from '@cordyna/protocol/model';
import type { OutboxMessage } from './outbox.js';
import type { DeadLetterRow } from './store.js';

/** Puts what was decided into messages of the protocol; `traceparent` is the run's. */
export abstract class Envelope {
  abstract command(
    command: Extract<Command, { kind: 'invoke' | 'cancel' }>,
    traceparent?: string,
  ): OutboxMessage;
  abstract fact(run: string, fact: Fact, traceparent?: string): OutboxMessage;
  abstract accepted(answer: DeclarationAccepted): OutboxMessage;
  abstract rejected(answer: DeclarationRejected): OutboxMessage;
  abstract deadLetter(row: DeadLetterRow): OutboxMessage;
}
