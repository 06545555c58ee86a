import { BusError } from '../errors.js';
import { Directory } from '../cluster/directory.js';
import { Links } from '../cluster/links.js';
import { EARLIEST, LATEST } from '../cluster/list-offsets.js';
import { logOf, requestTimeoutMsOf } from '../kafkajs/client.js';
import { toBusError } from '../kafkajs/error-mapping.js';
import type { BusAdmin, BusConfig, BusTopicSpec, TopicPartition, TopicReport } from '../port.js';
import { ensureTopics } from './ensure-topics.js';
import { offsetsOf } from './offsets.js';
import type { Offsets } from './offsets.js';
import { removeMember } from './remove-member.js';

const NO_OFFSET = -1n;
const FIRST_PAUSE_MS = 50;
const MAX_PAUSE_MS = 500;

/** Each call is tried again for up to the request timeout while the failure may pass. */
export class KafkaAdmin implements BusAdmin {
  private readonly links: Links;
  private readonly directory: Directory;
  private readonly retryForMs: number;

  constructor(private readonly config: BusConfig) {
    this.links = new Links(config);
    this.directory = new Directory(this.links);
    this.retryForMs = requestTimeoutMsOf(config);
  }

  async ensureTopics(specs: readonly BusTopicSpec[]): Promise<TopicReport> {
    const report = await this.retrying(() =>
      ensureTopics(this.links, this.directory, specs, this.retryForMs),
    );
    // Metadata names a new partition's leader before that broker knows that it leads; what is sent once would be refused.
    await this.ends(specs.map(({ name }) => name));
    const log = logOf(this.config);
    for (const { topic, settings } of report.corrected)
      log('warn', 'topic settings corrected', { topic, settings });
    for (const other of report.otherPartitions) log('warn', 'topic has another number of partitions', other);
    return report;
  }

  async endOffsets(topic: string): Promise<Map<number, bigint>> {
    return byPartition(await this.ends([topic]));
  }

  async beginningOffsets(topic: string): Promise<Map<number, bigint>> {
    return byPartition(await this.beginnings([topic]));
  }

  ends(topics: readonly string[]): Promise<Offsets> {
    return this.retrying(() => this.offsets(topics, LATEST));
  }

  beginnings(topics: readonly string[]): Promise<Offsets> {
    return this.retrying(() => this.offsets(topics, EARLIEST));
  }

  /** Asked afresh each time. */
  async partitions(topic: string): Promise<number> {
    this.directory.forget(topic);
    return (await this.retrying(() => this.directory.layout(topic))).leaders.length;
  }

  async firstOffsetAtOrAfter(topic: string, partition: number, timestampMs: number): Promise<bigint> {
    return this.retrying(async () => {
      // The end first: a record that comes in between is then before or at the answer, never skipped.
      const end = await this.offset({ topic, partition }, LATEST);
      const found = await this.offset({ topic, partition }, Math.max(0, Math.floor(timestampMs)));
      if (end === undefined || found === undefined) {
        throw new BusError('unknown_topic', `${topic}/${partition} does not exist`, { retriable: true });
      }
      return found === NO_OFFSET ? end : found;
    });
  }

  topics(): Promise<string[]> {
    return this.retrying(() => this.directory.topics());
  }

  removeMember(group: string, memberId: string): Promise<boolean> {
    return this.retrying(() => removeMember(this.config, group, memberId));
  }

  close(): void {
    this.links.close();
  }

  private offsets(topics: readonly string[], timestamp: number): Promise<Offsets> {
    return offsetsOf(this.links, this.directory, topics, timestamp);
  }

  private async offset(where: TopicPartition, timestamp: number): Promise<bigint | undefined> {
    const { topic, partition } = where;
    const isWanted = (one: TopicPartition): boolean => one.partition === partition;
    const found = await offsetsOf(this.links, this.directory, [topic], timestamp, isWanted);
    return found.get(`${topic}/${partition}`);
  }

  private async retrying<T>(action: () => Promise<T>): Promise<T> {
    const deadline = Date.now() + this.retryForMs;
    for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(pauseMs * 2, MAX_PAUSE_MS)) {
      try {
        return await action();
      } catch (error) {
        const failure = toBusError(error);
        // A topic that is not there is an answer, not an outage.
        if (!failure.retriable || failure.code === 'unknown_topic' || Date.now() + pauseMs > deadline)
          throw failure;
      }
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
  }
}

/** Of one topic. */
const byPartition = (offsets: Offsets): Map<number, bigint> =>
  new Map([...offsets].map(([where, offset]) => [Number(where.slice(where.lastIndexOf('/') + 1)), offset]));
