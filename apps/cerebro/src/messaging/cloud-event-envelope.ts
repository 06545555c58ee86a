import type { Command, Fact } from '@cordyna/engine';
import { EventType, type DeclarationAccepted, type DeclarationRejected } from '@cordyna/protocol/model';
import { deadLetterHeaders, encodeStructured, type Topics } from '@cordyna/protocol/wire';
import { Envelope, type DeadLetterRow, type OutboxMessage } from '../coordination/index.js';
import type { CommandTopics } from './command-topics.js';

const NOT_A_COMMAND = { invocation: null, ackMs: null, server: null, partition: null } as const;

/** Messages as CloudEvents in structured mode. `time`, `expiresAt` and `lease` are added when the message leaves. */
export class CloudEventEnvelope extends Envelope {
  constructor(
    private readonly topics: Topics,
    private readonly commandTopics: CommandTopics,
    /** `/cerebro/<instance>` */
    private readonly source: string,
  ) {
    super();
  }

  command(command: Extract<Command, { kind: 'invoke' | 'cancel' }>, traceparent?: string): OutboxMessage {
    const { server, data } = command;
    const isInvoke = command.kind === 'invoke';
    const messageId = isInvoke ? data.invocation : `${data.invocation}/cancel`;
    const type = isInvoke ? EventType.taskInvoke : EventType.taskCancel;
    const { value, headers } = this.encode(messageId, type, data.task, data, traceparent);
    return {
      kind: 'command',
      messageId,
      topic: this.commandTopics.nameOf(server),
      partition: this.commandTopics.partitionOf(server, data.invocation),
      key: Buffer.from(data.invocation),
      value,
      headers,
      invocation: isInvoke ? data.invocation : null,
      run: data.run,
      ackMs: command.kind === 'invoke' ? command.data.timeouts.ackMs : null,
      server,
    };
  }

  fact(run: string, fact: Fact, traceparent?: string): OutboxMessage {
    const messageId = `${run}/${fact.seq}`;
    const { value, headers } = this.encode(messageId, fact.type, fact.subject, fact.data, traceparent);
    // Written out, like the command: there is one of each for every task.
    return {
      kind: 'fact',
      messageId,
      topic: this.topics.events,
      partition: null,
      key: Buffer.from(run),
      value,
      headers,
      invocation: null,
      run,
      ackMs: null,
      server: null,
    };
  }

  accepted(answer: DeclarationAccepted): OutboxMessage {
    return { ...this.registration(answer, EventType.serverAccepted), server: answer.server };
  }

  rejected(answer: DeclarationRejected): OutboxMessage {
    return this.registration(answer, EventType.serverRejected);
  }

  private registration(answer: DeclarationAccepted | DeclarationRejected, type: string): OutboxMessage {
    // The ids of declarations are unique per source, and many servers are answered.
    const messageId = `${answer.server}/${answer.declaration}/answer`;
    return {
      ...NOT_A_COMMAND,
      kind: 'registration',
      messageId,
      topic: this.topics.registrations,
      key: Buffer.from(answer.server),
      ...this.encode(messageId, type, answer.server, answer),
      run: null,
    };
  }

  deadLetter(row: DeadLetterRow): OutboxMessage {
    return {
      ...NOT_A_COMMAND,
      kind: 'dead-letter',
      messageId: `${row.topic}/${row.partition}/${row.offset}`,
      topic: this.topics.deadLetters,
      partition: row.partition,
      key: row.key,
      value: row.value,
      headers: deadLetterHeaders(row),
      run: null,
    };
  }

  private encode(id: string, type: string, subject: string, data: object, traceparent?: string) {
    const { source } = this;
    return encodeStructured(
      traceparent === undefined
        ? { specversion: '1.0', id, source, type, subject, data }
        : { specversion: '1.0', id, source, type, subject, traceparent, data },
    );
  }
}
