import { BusError } from '../errors.js';
import { toBusError } from '../kafkajs/error-mapping.js';
import { internals } from '../kafkajs/internals.js';
import type { Links } from './links.js';
import { metadata } from './requests.js';
import type { MetadataAnswer } from './requests.js';

export interface TopicLayout {
  readonly topic: string;
  /** Leader's node id by partition; -1: none at the moment. */
  readonly leaders: readonly number[];
}

const MAX_AGE_MS = 30_000;

interface Entry {
  readonly layout: TopicLayout;
  readonly expiresAt: number;
}

/**
 * Which broker leads which partition. Topics are looked up one by one: a topic that was deleted is an error for
 * those who use it, and for nobody else.
 */
export class Directory {
  private readonly entries = new Map<string, Entry>();

  constructor(
    private readonly links: Links,
    private readonly now: () => number = Date.now,
  ) {}

  /** Layouts of the topics, an error for those that cannot be used. Rejects when no broker answers. */
  async layouts(topics: Iterable<string>): Promise<Map<string, TopicLayout | BusError>> {
    const result = new Map<string, TopicLayout | BusError>();
    const missing: string[] = [];
    for (const topic of topics) {
      const entry = this.entries.get(topic);
      if (entry !== undefined && entry.expiresAt > this.now()) result.set(topic, entry.layout);
      else missing.push(topic);
    }
    if (missing.length === 0) return result;
    const answer = await this.ask(missing);
    for (const topic of missing) result.set(topic, this.remember(topic, answer));
    return result;
  }

  async layout(topic: string): Promise<TopicLayout> {
    const found = (await this.layouts([topic])).get(topic);
    if (found === undefined || found instanceof BusError) throw found ?? unknownTopic(topic);
    return found;
  }

  forget(topic: string): void {
    this.entries.delete(topic);
  }

  async topics(): Promise<string[]> {
    const answer = await this.ask([]);
    return answer.topicMetadata.map(({ topic }) => topic);
  }

  private async ask(topics: readonly string[]): Promise<MetadataAnswer> {
    try {
      const answer = await this.links.request('any', (broker) => metadata(broker, topics));
      this.links.know(answer.brokers);
      return answer;
    } catch (error) {
      throw toBusError(error, 'refused');
    }
  }

  private remember(topic: string, answer: MetadataAnswer): TopicLayout | BusError {
    const found = answer.topicMetadata.find((entry) => entry.topic === topic);
    if (found === undefined) return unknownTopic(topic);
    if (found.topicErrorCode !== 0) {
      return toBusError(internals.createErrorFromCode(found.topicErrorCode), 'refused');
    }
    const leaders: number[] = [];
    for (const { partitionId, leader } of found.partitionMetadata) leaders[partitionId] = leader;
    const layout = { topic, leaders };
    const complete = leaders.every((leader) => leader >= 0);
    if (complete) this.entries.set(topic, { layout, expiresAt: this.now() + MAX_AGE_MS });
    return layout;
  }
}

function unknownTopic(topic: string): BusError {
  return new BusError('unknown_topic', `topic ${topic} does not exist`, {
    retriable: true,
    outcome: 'refused',
  });
}
