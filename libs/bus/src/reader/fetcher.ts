import { BusError } from '../errors.js';
import { Directory } from '../cluster/directory.js';
import { Links } from '../cluster/links.js';
import { fetch } from '../cluster/requests.js';
import type { FetchAnswer, FetchTopic } from '../cluster/requests.js';
import { toBusError } from '../kafkajs/error-mapping.js';
import { internals } from '../kafkajs/internals.js';
import type { BusConfig } from '../port.js';
import { recordsOf } from './records.js';
import type { FetchedRecords } from './records.js';

const MAX_BYTES_PER_PARTITION = 2 * 1024 * 1024;

export type PartitionAnswer = FetchedRecords | BusError;

/** Reads partitions of one topic from given positions, on connections of its own and without a group. */
export class Fetcher {
  private readonly links: Links;
  private readonly directory: Directory;

  constructor(
    config: BusConfig,
    private readonly topic: string,
  ) {
    this.links = new Links(config);
    this.directory = new Directory(this.links);
  }

  /** One fetch per leader, all at once; brokers hold an empty answer for `maxWaitMs`. */
  async fetch(
    positions: ReadonlyMap<number, bigint>,
    maxWaitMs: number,
  ): Promise<Map<number, PartitionAnswer>> {
    const answers = new Map<number, PartitionAnswer>();
    const byLeader = new Map<number, number[]>();
    const { leaders } = await this.directory.layout(this.topic);
    for (const partition of positions.keys()) {
      const leader = leaders[partition] ?? -1;
      if (leader >= 0) byLeader.set(leader, [...(byLeader.get(leader) ?? []), partition]);
      else
        answers.set(
          partition,
          this.failed(new BusError('not_leader', `no leader of ${partition}`, { retriable: true })),
        );
    }
    await Promise.all(
      [...byLeader].map(async ([leader, partitions]) => {
        for (const [partition, answer] of await this.ask(leader, partitions, positions, maxWaitMs)) {
          answers.set(partition, answer);
        }
      }),
    );
    return answers;
  }

  close(): void {
    this.links.close();
  }

  private async ask(
    leader: number,
    partitions: readonly number[],
    positions: ReadonlyMap<number, bigint>,
    maxWaitMs: number,
  ): Promise<Map<number, PartitionAnswer>> {
    const request: FetchTopic = {
      topic: this.topic,
      partitions: partitions.map((partition) => ({
        partition,
        fetchOffset: String(positions.get(partition) ?? 0n),
        maxBytes: MAX_BYTES_PER_PARTITION,
      })),
    };
    try {
      const answer = await this.links.request(leader, (broker) => fetch(broker, [request], maxWaitMs));
      return new Map(partitions.map((partition) => [partition, this.read(answer, partition, positions)]));
    } catch (error) {
      const failure = this.failed(toBusError(error));
      return new Map(partitions.map((partition) => [partition, failure]));
    }
  }

  private read(
    answer: FetchAnswer,
    partition: number,
    positions: ReadonlyMap<number, bigint>,
  ): PartitionAnswer {
    const position = positions.get(partition) ?? 0n;
    const data = answer.responses
      .find(({ topicName }) => topicName === this.topic)
      ?.partitions.find((entry) => entry.partition === partition);
    if (data === undefined) return { records: [], nextOffset: position };
    if (data.errorCode !== 0) return this.failed(toBusError(internals.createErrorFromCode(data.errorCode)));
    return recordsOf(this.topic, position, data);
  }

  private failed(error: BusError): BusError {
    this.directory.forget(this.topic);
    return error;
  }
}
