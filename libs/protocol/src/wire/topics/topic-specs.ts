import { DEFAULT_PREFIX, topicsOf } from './topics.js';

export interface TopicSpec {
  readonly name: string;
  readonly partitions: number;
  readonly replicationFactor: number;
  /** Kafka topic configuration; also what Cerebro corrects on topics that somebody else made. */
  readonly config: Readonly<Record<string, string>>;
}

export interface TopicSizing {
  readonly replicationFactor: number;
  /** Of topics that are not held to one partition. Default 12. */
  readonly partitions?: number;
}

export const DEFAULT_PARTITIONS = 12;
/** How far a command's timestamp may be from the broker's clock, in either direction. */
export const COMMAND_FENCE_MS = 5_000;
/** Above the largest value: a batch has overhead, and a value that is too large must still be readable as such. */
export const MAX_MESSAGE_BYTES = 2 * 1024 * 1024;

const DAY_MS = 86_400_000;

const common = {
  'max.message.bytes': String(MAX_MESSAGE_BYTES),
  // The broker re-encodes what comes compressed, so that no reader needs the codec that some producer chose.
  'compression.type': 'uncompressed',
};
const keptDays = (days: number) => ({
  ...common,
  'cleanup.policy': 'delete',
  'retention.ms': String(days * DAY_MS),
});
// A coordinator that was away for weeks must still see that a server withdrew.
const compacted = { ...common, 'cleanup.policy': 'compact', 'delete.retention.ms': String(30 * DAY_MS) };
const senderTime = { 'message.timestamp.type': 'CreateTime' };
// The watchdog compares deadlines with the time of the broker's append.
const brokerTime = { 'message.timestamp.type': 'LogAppendTime' };
// The broker refuses a record whose sender was stopped for longer than this before the bytes left.
const fenced = {
  ...senderTime,
  'message.timestamp.before.max.ms': String(COMMAND_FENCE_MS),
  'message.timestamp.after.max.ms': String(COMMAND_FENCE_MS),
};

/** Every topic of an installation but the command topics, which come with each server: see {@link commandsTopicSpec}. */
export function topicSpecs(prefix: string, sizing: TopicSizing): TopicSpec[] {
  const topics = topicsOf(prefix);
  const { replicationFactor, partitions = DEFAULT_PARTITIONS } = sizing;
  const spec = (name: string, count: number, config: Record<string, string>): TopicSpec => ({
    name,
    partitions: count,
    replicationFactor,
    config,
  });
  return [
    spec(topics.declarations, 1, { ...compacted, ...senderTime }),
    spec(topics.registrations, 1, { ...keptDays(1), ...senderTime }),
    spec(topics.servers, partitions, { ...keptDays(1), ...brokerTime }),
    spec(topics.events, partitions, { ...keptDays(30), ...brokerTime }),
    spec(topics.invocations, partitions, { ...keptDays(7), ...senderTime }),
    spec(topics.signals, partitions, { ...keptDays(7), ...senderTime }),
    spec(topics.deadLetters, partitions, { ...keptDays(30), ...fenced }),
  ];
}

/** The command topic of one server. Its timestamps fence off a sender that was stopped: one record per attempt. */
export function commandsTopicSpec(
  server: string,
  prefix: string = DEFAULT_PREFIX,
  { replicationFactor, partitions = DEFAULT_PARTITIONS }: TopicSizing,
): TopicSpec {
  const name = topicsOf(prefix).commands(server);
  return { name, partitions, replicationFactor, config: { ...keptDays(7), ...fenced } };
}
