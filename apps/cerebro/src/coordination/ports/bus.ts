import type { OutboxMessage, OutboxRow } from './outbox.js';

export interface SendOutcome {
  /** `unknown` means that the record may or may not be in the log; only the sweeper, which reads back, may send again. */
  readonly outcome: 'written' | 'refused' | 'unknown';
  /** Why it is not known to be written: `<code>: <what the broker or the connection said>`. */
  readonly reason?: string;
}

/** Ids of messages. */
export interface ReadBack {
  readonly found: ReadonlySet<string>;
  /** Their partition could not be read: they may be in it. */
  readonly unread: ReadonlySet<string>;
}

/** Kafka as the publisher and the sweeper see it. */
export abstract class OutboundBus {
  /**
   * Sends each message once; facts and registrations may be retried inside. Gives the outcomes in their order. Never throws.
   * @param stamp of their rows
   */
  abstract send(messages: readonly OutboxMessage[], stamp: number): Promise<readonly SendOutcome[]>;
  /** Makes what `send` will need of messages that are to have this stamp (epoch ms); it may do nothing. */
  prepare(_messages: readonly OutboxMessage[], _stamp: number): void {}
  /** Looks for these messages in their partitions' logs since `createdAt` − 10 s, by `cordyna-message`. */
  abstract readBack(rows: readonly Pick<OutboxRow, 'messages' | 'createdAt'>[]): Promise<ReadBack>;
  /**
   * The partition that all commands of this invocation go to; null while the server's command topic is not known yet
   * (which starts `ensureCommandTopic` in the background).
   */
  abstract commandPartition(server: string, invocation: string): number | null;
  /** Creates the server's command topic when it is missing; known topics cost nothing. */
  abstract ensureCommandTopic(server: string): Promise<void>;
  /** End offsets of every partition of the broker's metadata, by `<topic>/<partition>`. */
  abstract endOffsets(topics: readonly string[]): Promise<ReadonlyMap<string, bigint>>;
}

export type { OutboxMessage };
