import { Logger } from '@nestjs/common';
import { BusError, bytesInBatches } from '@cordyna/bus';
import type { Bus, BusAdmin, BusPublisher, BusRecord, OutMessage, PublishResult } from '@cordyna/bus';
import {
  OutboundBus,
  positionOf,
  type Leases,
  type ReadBack,
  type SendOutcome,
  type OutboxMessage,
  type OutboxRow,
} from '../coordination/index.js';
import type { CommandTopics } from './command-topics.js';
import { MESSAGE_HEADER } from './message-header.js';
import { remembered } from './remembered.js';
import { stampValue } from './stamp.js';

const READ_BACK_FROM_MS = 10_000;
const READ_BACK_TIMEOUT_MS = 10_000;
/** Servers can begin with so many before what is said about them has left. */
const MANY_COMMANDS = 100;
/** Turns of the event loop: in one they are gathered, in the next they are written to the socket. */
const TURNS_TO_LEAVE = 2;
/** Partitions that are read back at a time. */
const READERS = 8;

/** What is sent together, and what became of it, message by message. */
interface Batch {
  readonly messages: readonly OutboxMessage[];
  readonly stamp: number;
  readonly outcomes: SendOutcome[];
}

/** Commands and dead letters leave once, stamped, fenced by the broker; facts and answers may be retried. */
export class KafkaOutboundBus extends OutboundBus {
  private readonly logger = new Logger('KafkaOutboundBus');
  private readonly once: BusPublisher;
  private readonly retrying: BusPublisher;
  private readonly admin: BusAdmin;
  /** What was made beforehand, by the bytes that it is made of; null: nothing ever was, and nothing is looked for. */
  private prepared: WeakMap<Buffer, { readonly stamp: number; readonly record: OutMessage }> | null = null;
  /** topic of dead letters → its number of partitions */
  private readonly deadLetterPartitions = new Map<string, number>();

  constructor(
    private readonly bus: Bus,
    private readonly commandTopics: CommandTopics,
    private readonly leases: Leases,
  ) {
    super();
    this.once = bus.publisher({ retries: false });
    this.retrying = bus.publisher({ retries: true });
    this.admin = bus.admin();
  }

  override prepare(messages: readonly OutboxMessage[], stamp: number): void {
    const prepared = (this.prepared ??= new WeakMap());
    for (const message of messages) {
      const record = this.toRecord(message, stamp);
      // Whoever's topic is not known yet is looked up when it leaves.
      const isRouted = message.kind !== 'command' || record.partition !== undefined;
      if (message.value && isRouted) prepared.set(message.value, { stamp, record });
    }
  }

  async send(messages: readonly OutboxMessage[], stamp: number): Promise<readonly SendOutcome[]> {
    const outcomes = messages.map(() => NO_ANSWER);
    const fenced: number[] = [];
    const others: number[] = [];
    messages.forEach((message, at) => (isFenced(message) ? fenced : others).push(at));
    const batch = { messages, stamp, outcomes };
    await Promise.all([
      this.sendBy(this.once, batch, fenced),
      this.sendAfter(fenced.length, this.retrying, batch, others),
    ]);
    return outcomes;
  }

  /** Few commands share a request with what is said about them; many are on their way while that is encoded. */
  private async sendAfter(
    commands: number,
    publisher: BusPublisher,
    batch: Batch,
    places: readonly number[],
  ): Promise<void> {
    for (let turn = 0; commands >= MANY_COMMANDS && turn < TURNS_TO_LEAVE; turn++)
      await new Promise(setImmediate);
    await this.sendBy(publisher, batch, places);
  }

  /** @param places of the messages in the batch */
  private async sendBy(
    publisher: BusPublisher,
    { messages, stamp, outcomes }: Batch,
    places: readonly number[],
  ): Promise<void> {
    if (places.length === 0) return;
    const its = places.flatMap((place) => messages[place] ?? []);
    const refused = await this.refusedForTopics(its);
    await this.countDeadLetterPartitions(its).catch(() => undefined);
    const records: OutMessage[] = [];
    const sent: number[] = [];
    its.forEach((message, at) => {
      const place = places[at] ?? -1;
      const reason = message.server === null ? undefined : refused.get(message.server);
      if (reason !== undefined) {
        outcomes[place] = { outcome: 'refused', reason };
        return;
      }
      records.push(this.recordOf(message, stamp));
      sent.push(place);
    });
    const results = await publisher.send(records);
    sent.forEach((place, at) => {
      outcomes[place] = outcomeOf(results[at]);
    });
  }

  /** An accepted declaration promises that the command topic exists. */
  private async refusedForTopics(messages: readonly OutboxMessage[]): Promise<Map<string, string>> {
    const refused = new Map<string, string>();
    const servers = new Set(messages.flatMap(({ server }) => (server === null ? [] : [server])));
    for (const server of servers)
      await this.commandTopics
        .ensure(server)
        .catch((error: unknown) => refused.set(server, `no command topic: ${reasonOf(error)}`));
    return refused;
  }

  /** Of facts, which all leave as they are and say no time but that of publication. */
  sizeOf(facts: readonly OutboxMessage[], partitions: number): number {
    return bytesInBatches(
      facts.map((fact) => this.toRecord(fact, 0)),
      partitions,
    );
  }

  private recordOf(message: OutboxMessage, stamp: number): OutMessage {
    const { value } = message;
    const prepared = value ? this.prepared?.get(value) : undefined;
    return prepared?.stamp === stamp ? prepared.record : this.toRecord(message, stamp);
  }

  private toRecord(message: OutboxMessage, stamp: number): OutMessage {
    const { kind, topic, key, headers, messageId, invocation, server } = message;
    const lease = invocation !== null && server !== null ? this.leases.of(server, invocation) : null;
    const partition = this.partitionOf(message);
    const value = stampValue(message, stamp, lease);
    // Written out: there are two of them for every task.
    if (kind === 'fact' && partition === null) return { topic, key, value, headers: ofFact(headers) };
    const named = { ...headers, [MESSAGE_HEADER]: messageId };
    const timestampMs = isFenced(message) ? stamp : undefined;
    return partition === null
      ? { topic, key, value, headers: named, timestampMs }
      : { topic, key, value, headers: named, partition, timestampMs };
  }

  /** Whoever made the topic may have given it fewer partitions than what its records come from. */
  private async countDeadLetterPartitions(messages: readonly OutboxMessage[]): Promise<void> {
    const topic = messages.find(({ kind }) => kind === 'dead-letter')?.topic;
    if (topic !== undefined && !this.deadLetterPartitions.has(topic))
      this.deadLetterPartitions.set(topic, await this.admin.partitions(topic));
  }

  private partitionOf(message: OutboxMessage): number | null {
    const { kind, topic, partition, server, key } = message;
    const deadLetters = kind === 'dead-letter' ? this.deadLetterPartitions.get(topic) : undefined;
    if (partition !== null && deadLetters !== undefined) return partition % deadLetters;
    if (partition !== null || kind !== 'command' || server === null) return partition;
    return this.commandTopics.partitionOf(server, key?.toString() ?? '');
  }

  /** Several partitions at a time: rows that are taken over are read back in a moment, however many servers there are. */
  async readBack(rows: readonly Pick<OutboxRow, 'messages' | 'createdAt'>[]): Promise<ReadBack> {
    // Facts and answers may come twice; their id is stable.
    const fenced = rows.flatMap(({ messages, createdAt }) =>
      messages.filter(isFenced).map((message) => ({ ...message, createdAt })),
    );
    await this.countDeadLetterPartitions(fenced);
    const isUnknown = (message: OutboxMessage): boolean => this.partitionOf(message) === null;
    // Whoever sent them may have known a topic that is not known here yet; what cannot be looked up is unread.
    await this.refusedForTopics(fenced.filter(isUnknown));
    const groups = groupByPartition(fenced, (message) => this.partitionOf(message)).values();
    const found = new Set<string>();
    const unread = new Set(fenced.filter(isUnknown).map(({ messageId }) => messageId));
    // They share one iterator: each takes the next partition when it is done with one.
    const reader = async (): Promise<void> => {
      for (const group of groups) {
        const ids = group.messages.map(({ messageId }) => messageId);
        try {
          for (const id of await this.foundOf(group)) found.add(id);
        } catch (error) {
          this.logger.warn(`${group.topic}/${group.partition} was not read back: ${String(error)}`);
          for (const id of ids) unread.add(id);
        }
      }
    };
    await Promise.all(Array.from({ length: READERS }, reader));
    return { found, unread };
  }

  private async foundOf({ topic, partition, messages }: PartitionGroup): Promise<string[]> {
    const wanted = new Set(messages.map(({ messageId }) => messageId));
    const since = Math.min(...messages.map(({ createdAt }) => createdAt)) - READ_BACK_FROM_MS;
    const from = await this.admin.firstOffsetAtOrAfter(topic, partition, since);
    const to = (await this.admin.endOffsets(topic)).get(partition) ?? 0n;
    const found: string[] = [];
    for await (const record of this.bus.readRange(topic, partition, from, to, READ_BACK_TIMEOUT_MS)) {
      const id = messageIdOf(record);
      if (id !== null && wanted.has(id)) found.push(id);
    }
    return found;
  }

  commandPartition(server: string, invocation: string): number | null {
    return this.commandTopics.partitionOf(server, invocation);
  }

  ensureCommandTopic(server: string): Promise<void> {
    return this.commandTopics.ensure(server);
  }

  endOffsets(topics: readonly string[]): Promise<ReadonlyMap<string, bigint>> {
    return this.admin.ends(topics);
  }

  async close(): Promise<void> {
    await Promise.all([this.once.close(), this.retrying.close()]);
  }
}

/** Nobody looks for a fact by its id, so all of them have the same headers: they are written once, and read once. */
const ofFact = remembered((headers: OutboxMessage['headers']) =>
  Object.freeze({ ...headers, [MESSAGE_HEADER]: 'fact' }),
);

const isFenced = ({ kind }: OutboxMessage): boolean => kind === 'command' || kind === 'dead-letter';

const WRITTEN: SendOutcome = { outcome: 'written' };
const NO_ANSWER: SendOutcome = { outcome: 'unknown', reason: 'no answer' };

function outcomeOf(result: PublishResult | undefined): SendOutcome {
  if (!result) return NO_ANSWER;
  return result.ok ? WRITTEN : { outcome: result.outcome, reason: reasonOf(result.error) };
}

const reasonOf = (error: unknown): string =>
  error instanceof BusError ? `${error.code}: ${error.message}` : String(error);

function messageIdOf(record: BusRecord): string | null {
  const header = record.headers[MESSAGE_HEADER];
  const first = Array.isArray(header) ? header[0] : header;
  return first?.toString() ?? null;
}

type Wanted = OutboxMessage & Pick<OutboxRow, 'createdAt'>;

interface PartitionGroup {
  readonly topic: string;
  readonly partition: number;
  readonly messages: Wanted[];
}

function groupByPartition(
  messages: readonly Wanted[],
  partitionOf: (message: OutboxMessage) => number | null,
) {
  const groups = new Map<string, PartitionGroup>();
  for (const message of messages) {
    const partition = partitionOf(message);
    if (partition === null) continue;
    const id = positionOf(message.topic, partition);
    const group = groups.get(id) ?? { topic: message.topic, partition, messages: [] };
    group.messages.push(message);
    groups.set(id, group);
  }
  return groups;
}
