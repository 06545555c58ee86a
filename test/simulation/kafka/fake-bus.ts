import type {
  Bus,
  BusAdmin,
  BusError,
  BusPublisher,
  BusRecord,
  OutMessage,
  PublishResult,
} from '@cordyna/bus';
import type { Faults } from '../world/faults.js';
import type { Process } from '../world/process.js';
import type { World } from '../world/world.js';
import type { Broker } from './broker.js';
import type { ConsumerGroup } from './consumer-group.js';

const REQUEST_TIMEOUT_MS = 3_000;
const RETRY_FOR_MS = 10_000;

export interface Line {
  readonly world: World;
  readonly broker: Broker;
  readonly faults: Faults;
  readonly process: Process;
}

const failed = (outcome: 'refused' | 'unknown'): PublishResult => ({
  ok: false,
  outcome,
  error: new Error(outcome) as BusError,
});

/** What one process has of Kafka, over a network that loses, holds back and delays. */
export function fakeBus(
  line: Line & { readonly group: Pick<ConsumerGroup, 'remove'> },
  readsBack = true,
): Bus {
  const admin = fakeAdmin(line, line.group);
  return {
    admin: () => admin,
    publisher: ({ retries = true } = {}) => fakePublisher(line, retries),
    readRange: (topic, partition, from, to) => readRange(line, topic, partition, from, readsBack ? to : from),
    consumer: () => {
      throw new Error('the simulation consumes by itself');
    },
    tail: () => {
      throw new Error('nothing tails in a simulation');
    },
    close: async () => undefined,
  };
}

/** One request is in flight at a time, as in the real producer. */
function fakePublisher(line: Line, retries: boolean): BusPublisher {
  let last: Promise<unknown> = Promise.resolve();
  const send = (messages: readonly OutMessage[]): Promise<PublishResult[]> => {
    const results = last.then(() => (retries ? sendRetrying(line, messages) : produce(line, messages)));
    last = results;
    return results;
  };
  return {
    send,
    close: async () => {
      await last;
    },
  };
}

async function sendRetrying(line: Line, messages: readonly OutMessage[]): Promise<PublishResult[]> {
  const until = line.world.now + RETRY_FOR_MS;
  for (;;) {
    const results = await produce(line, messages);
    if (results.every(({ ok }) => ok) || line.world.now > until) return results;
    await line.world.sleep(300, line.process);
  }
}

/** One produce request; its bytes arrive even when the sender has died or was stopped meanwhile. */
export function produce(line: Line, messages: readonly OutMessage[]): Promise<PublishResult[]> {
  const { world, broker, faults, process } = line;
  const fault = faults.bus();
  const append = (): PublishResult[] =>
    messages.map((message) => {
      const offset = broker.append(message);
      return offset === null
        ? failed('refused')
        : { ok: true, partition: broker.partitionFor(message), offset };
    });
  return new Promise((resolve) => {
    const answer = (results: PublishResult[], afterMs: number) =>
      world.after(afterMs, process, () => resolve(results));
    const unknown = () =>
      answer(
        messages.map(() => failed('unknown')),
        REQUEST_TIMEOUT_MS,
      );
    if (fault === 'held') world.hold(faults.between(1_000, 18_000), append);
    if (fault === 'answer lost') world.hold(faults.latencyMs(), append);
    if (fault !== 'none') unknown();
    else {
      const arriveMs = faults.latencyMs();
      world.after(arriveMs, null, () => answer(append(), faults.latencyMs()));
    }
    faults.step(process);
  });
}

/** An answer as it was when it was asked for; it arrives later. */
function ask<T>({ world, faults, process }: Line, answer: () => T): Promise<T> {
  return new Promise((resolve, reject) => {
    const isLost = faults.busDown || faults.happens('busLost');
    const found = isLost ? null : answer();
    world.after(isLost ? 1_000 : faults.latencyMs(), process, () => {
      if (isLost) reject(new Error('Kafka does not answer'));
      else resolve(found as T);
    });
    faults.step(process);
  });
}

function fakeAdmin(line: Line, group: Pick<ConsumerGroup, 'remove'>): BusAdmin {
  const { broker } = line;
  const perPartition = (topic: string, of: (partition: number) => bigint) =>
    new Map(Array.from({ length: broker.partitionsOf(topic) }, (_, n) => [n, of(n)]));
  const perTopic = (topics: readonly string[], of: (topic: string, partition: number) => bigint) =>
    new Map(
      topics.flatMap((topic) =>
        [...perPartition(topic, (n) => of(topic, n))].map(([n, offset]) => [
          `${topic}/${n}` as const,
          offset,
        ]),
      ),
    );
  return {
    ensureTopics: (specs) =>
      ask(line, () => {
        for (const spec of specs) broker.ensure(spec);
        return { created: [], corrected: [], otherPartitions: [] };
      }),
    ends: (topics) => ask(line, () => perTopic(topics, (topic, n) => broker.end(topic, n))),
    beginnings: (topics) => ask(line, () => perTopic(topics, () => 0n)),
    endOffsets: (topic) => ask(line, () => perPartition(topic, (n) => broker.end(topic, n))),
    beginningOffsets: (topic) => ask(line, () => perPartition(topic, () => 0n)),
    partitions: (topic) => ask(line, () => broker.partitionsOf(topic)),
    firstOffsetAtOrAfter: (topic, partition, timestampMs) =>
      ask(line, () => {
        const found = broker.log(topic, partition).find((record) => record.timestampMs >= timestampMs);
        return found?.offset ?? broker.end(topic, partition);
      }),
    topics: () => ask(line, () => []),
    removeMember: (_, member) => ask(line, () => group.remove(member)),
  };
}

async function* readRange(
  line: Line,
  topic: string,
  partition: number,
  from: bigint,
  to: bigint,
): AsyncIterable<BusRecord> {
  const log = await ask(line, () => line.broker.log(topic, partition).slice(Number(from), Number(to)));
  yield* log.filter(({ isControl }) => !isControl);
}
