import { PlainAnswer, readPlainAnswer } from '../cluster/fetch-answer.js';
import { encodeFetch, FETCH_VERSION } from '../cluster/fetch-request.js';
import type { FetchLimits } from '../cluster/fetch-request.js';
import { FetchSession } from '../cluster/fetch-session.js';
import type { FetchPlan, FetchPosition } from '../cluster/fetch-session.js';
import { payloadOf } from '../cluster/payload.js';
import { internals } from '../kafkajs/internals.js';
import type {
  ConsumerGroupInternals,
  FetchedBatch,
  FetchedPartitionData,
  OffsetManagerInternals,
  RawBroker,
} from '../kafkajs/internals.js';
import { Ending } from './ending.js';
import { Layout } from './layout.js';
import { ReadBatch } from './read-batch.js';

/** As kafkajs takes it apart. */
interface Answer {
  readonly errorCode: number;
  readonly sessionId: number;
  readonly responses: readonly {
    readonly topicName: string;
    readonly partitions: readonly FetchedPartitionData[];
  }[];
}

/** While partitions are held up, they may be wanted again soon, and a fetch that is under way does not ask for them. */
const HELD_UP_WAIT_MS = 50;
const NO_BATCHES: FetchedBatch[] = [];

/**
 * What kafkajs's group member does to fetch, with sessions: a request names only the partitions whose position has
 * changed, and nothing is done for the others. kafkajs names all of them in each request, takes all of them apart in each
 * answer and hands each to its workers: with a coordinator's 49 partitions that was most of what a message cost.
 */
export class GroupFetch {
  private readonly sessions = new Map<string, FetchSession>();
  private layout: Layout | undefined;
  private resolvedBy: OffsetManagerInternals | undefined;
  private wakeUp: () => void = () => undefined;
  private readonly end = new Ending();

  constructor(private readonly limits: FetchLimits) {}

  /** There may be something to ask for that was not there before. */
  wake(): void {
    this.wakeUp();
  }

  /** Nobody waits any more for the fetch that is under way. */
  stop(): void {
    this.end.come();
    this.wakeUp();
  }

  async fetch(
    group: ConsumerGroupInternals,
    nodeId: string,
    original: () => Promise<FetchedBatch[]>,
  ): Promise<(FetchedBatch | ReadBatch)[]> {
    const session = this.sessions.get(nodeId) ?? new FetchSession();
    this.sessions.set(nodeId, session);
    try {
      await group.cluster.refreshMetadataIfNecessary();
      const layout = this.layoutOf(group);
      await this.resolveOffsets(group, layout, nodeId);
      const { wanted, isHeldUp } = layout.wanted(group, nodeId);
      if (wanted.length === 0) {
        await this.woken();
        return NO_BATCHES;
      }
      const broker = await group.cluster.findBroker({ nodeId });
      if (!speaks(broker)) return await original();
      // The first one tells at once that fetching works, and where a session begins.
      const longestMs = isHeldUp ? Math.min(HELD_UP_WAIT_MS, this.limits.maxWaitMs) : this.limits.maxWaitMs;
      const maxWaitMs = session.isNew ? 0 : longestMs;
      const asked = ask(broker, session.next(wanted), { ...this.limits, maxWaitMs });
      const answer = await this.end.orResult(asked);
      if (answer === 'ended' || !session.answered(answer)) return NO_BATCHES;
      if (answer.errorCode !== 0) throw internals.createErrorFromCode(answer.errorCode);
      return batchesOf(group, answer, wanted);
    } catch (error) {
      session.failed();
      try {
        await group.recoverFromFetch(error);
      } finally {
        this.resolvedBy = undefined;
      }
      return NO_BATCHES;
    }
  }

  private layoutOf(group: ConsumerGroupInternals): Layout {
    if (this.layout?.isOf(group) !== true) {
      group.checkForStaleAssignment();
      this.layout = new Layout(group);
    }
    return this.layout;
  }

  /** kafkajs looks at each partition before each fetch; there is something to look up after a join, a seek or an error. */
  private async resolveOffsets(group: ConsumerGroupInternals, layout: Layout, nodeId: string): Promise<void> {
    if (group.seekOffset.size === 0 && this.resolvedBy === group.offsetManager) return;
    await group.seekOffsets(layout.onNode(group, nodeId));
    this.resolvedBy = group.offsetManager;
  }

  private woken(): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, this.limits.maxWaitMs);
      this.wakeUp = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}

const versionOf = (broker: RawBroker): { minVersion: number; maxVersion: number } | undefined =>
  broker.versions?.[internals.apiKeys['Fetch'] ?? -1];

function speaks(broker: RawBroker): boolean {
  const { minVersion, maxVersion } = versionOf(broker) ?? { minVersion: 0, maxVersion: 0 };
  return minVersion <= FETCH_VERSION && maxVersion >= FETCH_VERSION;
}

async function ask(broker: RawBroker, plan: FetchPlan, limits: FetchLimits): Promise<Answer | PlainAnswer> {
  const { Fetch: definition } = internals.requests;
  if (definition === undefined) throw new Error('kafkajs has no Fetch request');
  const { request, response, ...rest } = definition.protocol({ version: FETCH_VERSION })({
    maxWaitTime: limits.maxWaitMs,
    topics: [],
  });
  const encode = (): Promise<unknown> => Promise.resolve(payloadOf(encodeFetch(plan, limits)));
  const decode = async (raw: Buffer): Promise<unknown> =>
    readPlainAnswer(raw) ?? (await response.decode(raw));
  const parse = async (data: unknown): Promise<unknown> =>
    data instanceof PlainAnswer ? data : await response.parse(data as never);
  try {
    return (await broker.connectionPool.send({
      ...rest,
      request: { ...request, encode },
      response: { decode, parse },
    })) as Answer | PlainAnswer;
  } catch (error) {
    // As kafkajs does it: what is connected again is a new connection.
    if (error instanceof Error && error.name === 'KafkaJSConnectionClosedError') await broker.disconnect();
    throw error;
  }
}

/** Batches of those that have something; what was held up or sought elsewhere meanwhile is left. */
function batchesOf(
  group: ConsumerGroupInternals,
  answer: Answer | PlainAnswer,
  wanted: readonly FetchPosition[],
): (FetchedBatch | ReadBatch)[] {
  const askedFor = (topic: string, partition: number): FetchPosition | undefined => {
    if (group.subscriptionState.isPaused(topic, partition)) return undefined;
    if (group.seekOffset.size > 0 && group.seekOffset.has(topic, partition)) return undefined;
    return wanted.find((position) => position.partition === partition && position.topic === topic);
  };
  const batches: (FetchedBatch | ReadBatch)[] = [];
  const take = <P extends { readonly partition: number }>(
    responses: readonly { readonly topicName: string; readonly partitions: readonly P[] }[],
    toBatch: (topic: string, offset: string, data: P) => FetchedBatch | ReadBatch | null,
  ): void => {
    for (const { topicName: topic, partitions } of responses) {
      for (const data of partitions) {
        const asked = askedFor(topic, data.partition);
        const batch = asked && toBatch(topic, asked.offset, data);
        if (batch) batches.push(batch);
      }
    }
  };
  if (answer instanceof PlainAnswer) take(answer.responses, ReadBatch.of);
  else
    take(answer.responses, (topic, offset, data) =>
      data.messages.length === 0 ? null : new internals.Batch(topic, offset, data),
    );
  return batches;
}
