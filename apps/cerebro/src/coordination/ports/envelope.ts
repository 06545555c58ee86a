import type { Command, Fact } from '@cordyna/engine';
import type { DeclarationAccepted, DeclarationRejected } from '@cordyna/protocol/model';
import type { DeadLetterRow, OutboxMessage } from './store.js';

/** Puts what was decided into messages of the protocol. */
export abstract class Envelope {
  abstract command(command: Extract<Command, { kind: 'invoke' | 'cancel' }>): OutboxMessage;
  abstract fact(run: string, fact: Fact): OutboxMessage;
  abstract accepted(answer: DeclarationAccepted): OutboxMessage;
  abstract rejected(answer: DeclarationRejected): OutboxMessage;
  abstract deadLetter(row: DeadLetterRow): OutboxMessage;
}
