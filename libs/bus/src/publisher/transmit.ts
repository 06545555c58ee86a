import { BusError } from '../errors.js';
import type { Directory, TopicLayout } from '../cluster/directory.js';
import type { ProduceAnswer } from '../cluster/requests.js';
import { toBusError } from '../kafkajs/error-mapping.js';
import { internals } from '../kafkajs/internals.js';
import { keyOf, requestsOf } from './plan.js';
import type { Chunk } from './plan.js';
import { layoutsOf } from './route.js';
import type { Wire } from './wire.js';

export type ChunkOutcome = { readonly baseOffset: bigint } | BusError;

/** Puts each chunk on the wire at most once, at most one chunk per partition; one outcome per chunk. */
export async function transmit(chunks: readonly Chunk[], wire: Wire): Promise<Map<Chunk, ChunkOutcome>> {
  const outcomes = new Map<Chunk, ChunkOutcome>();
  const byLeader = new Map<number, Chunk[]>();
  const layouts = await layoutsOf(chunks, wire.directory);
  for (const chunk of chunks) {
    const leader = leaderOf(chunk, layouts.get(chunk.topic), wire.directory);
    if (leader instanceof BusError) {
      outcomes.set(chunk, leader);
      continue;
    }
    const group = byLeader.get(leader);
    if (group) group.push(chunk);
    else byLeader.set(leader, [chunk]);
  }
  const sendTo = async (leader: number, group: readonly Chunk[]): Promise<void> => {
    for (const [chunk, outcome] of await request(leader, group, wire)) outcomes.set(chunk, outcome);
  };
  await Promise.all(
    [...byLeader].map(async ([leader, group]) => {
      for (const part of requestsOf(group)) await sendTo(leader, part);
    }),
  );
  return outcomes;
}

function leaderOf(
  { topic, partition }: Chunk,
  layout: TopicLayout | BusError | undefined,
  directory: Directory,
): number | BusError {
  if (layout instanceof BusError) return layout;
  const leader = layout?.leaders[partition] ?? -1;
  if (leader >= 0) return leader;
  directory.forget(topic);
  const where = keyOf(topic, partition);
  return new BusError('not_leader', `${where} has no leader`, { retriable: true, outcome: 'refused' });
}

async function request(
  leader: number,
  chunks: readonly Chunk[],
  wire: Wire,
): Promise<Map<Chunk, ChunkOutcome>> {
  try {
    const answer = await wire.produce(leader, chunks);
    return new Map(chunks.map((chunk) => [chunk, outcomeOf(chunk, answer, wire.directory)]));
  } catch (error) {
    const failure = toBusError(error);
    for (const { topic } of chunks) wire.directory.forget(topic);
    return new Map(chunks.map((chunk) => [chunk, failure]));
  }
}

function outcomeOf({ topic, partition }: Chunk, answer: ProduceAnswer, directory: Directory): ChunkOutcome {
  const found = answer.topics
    .find(({ topicName }) => topicName === topic)
    ?.partitions.find((entry) => entry.partition === partition);
  if (found === undefined) {
    return new BusError('kafka_error', `no answer for ${keyOf(topic, partition)}`, { retriable: true });
  }
  if (found.errorCode === 0) return { baseOffset: BigInt(found.baseOffset) };
  const failure = toBusError(internals.createErrorFromCode(found.errorCode));
  if (failure.code === 'not_leader' || failure.code === 'unknown_topic') directory.forget(topic);
  return failure;
}
