import { BusError } from '../errors.js';
import { Directory } from '../cluster/directory.js';
import { Links } from '../cluster/links.js';
import { EARLIEST, LATEST, listOffsets } from '../cluster/requests.js';
import { logOf, requestTimeoutMsOf } from '../kafkajs/client.js';
import { toBusError } from '../kafkajs/error-mapping.js';
import { internals } from '../kafkajs/internals.js';
import type { BusAdmin, BusConfig, BusTopicSpec, TopicReport } from '../port.js';
import { ensureTopics } from './ensure-topics.js';
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
    await Promise.all(specs.map(({ name }) => this.endOffsets(name)));
    const log = logOf(this.config);
    for (const { topic, settings } of report.corrected)
      log('warn', 'topic settings corrected', { topic, settings });
    for (const other of report.otherPartitions) log('warn', 'topic has another number of partitions', other);
    return report;
  }

  endOffsets(topic: string): Promise<Map<number, bigint>> {
    return this.retrying(() => this.offsets(topic, LATEST));
  }

  beginningOffsets(topic: string): Promise<Map<number, bigint>> {
    return this.retrying(() => this.offsets(topic, EARLIEST));
  }

  /** Asked afresh each time. */
  async partitions(topic: string): Promise<number> {
    this.directory.forget(topic);
    return (await this.retrying(() => this.directory.layout(topic))).leaders.length;
  }

  async firstOffsetAtOrAfter(topic: string, partition: number, timestampMs: number): Promise<bigint> {
    return this.retrying(async () => {
      // The end first: a record that comes in between is then before or at the answer, never skipped.
      const end = (await this.offsets(topic, LATEST, [partition])).get(partition);
      const found = (await this.offsets(topic, Math.max(0, Math.floor(timestampMs)), [partition])).get(
        partition,
      );
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

  private async offsets(
    topic: string,
    timestamp: number,
    only?: readonly number[],
  ): Promise<Map<number, bigint>> {
    const { leaders } = await this.directory.layout(topic);
    const byLeader = new Map<number, number[]>();
    leaders.forEach((leader, partition) => {
      if (only !== undefined && !only.includes(partition)) return;
      byLeader.set(leader, [...(byLeader.get(leader) ?? []), partition]);
    });
    const offsets = new Map<number, bigint>();
    const ask = async (leader: number, partitions: readonly number[]): Promise<void> => {
      const answer = await this.links.request(leader, (b) => listOffsets(b, topic, partitions, timestamp));
      for (const { partition, errorCode, offset } of answer.responses.flatMap(
        (response) => response.partitions,
      )) {
        if (errorCode !== 0) throw toBusError(internals.createErrorFromCode(errorCode));
        offsets.set(partition, BigInt(offset));
      }
    };
    try {
      await Promise.all([...byLeader].map(([leader, partitions]) => ask(leader, partitions)));
    } catch (error) {
      this.directory.forget(topic);
      throw error;
    }
    return offsets;
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
