import { PlainAnswer } from '../cluster/fetch-answer.js';
import { FETCH_VERSION } from '../cluster/fetch-request.js';
import { FetchSession } from '../cluster/fetch-session.js';
import type { FetchPosition } from '../cluster/fetch-session.js';
import { fetchInSession } from '../cluster/session-fetch.js';
import type { FetchAnswer } from '../cluster/session-fetch.js';
import { internals } from '../kafkajs/internals.js';
import type {
  ConsumerGroupInternals,
  FetchedBatch,
  OffsetManagerInternals,
  RawBroker,
} from '../kafkajs/internals.js';
import { Ending } from './ending.js';
import { Layout } from './layout.js';
import { ReadBatch } from './read-batch.js';

export interface ReadingLimits {
  readonly maxWaitMs: number;
  readonly maxBytes: number;
  readonly maxBytesPerPartition: number;
  readonly ownBytes: () => number;
}

/** What is remembered of a broker from fetch to fetch. */
interface Reading {
  readonly session: FetchSession;
  hasBroughtFew: boolean;
}

/** While partitions are held up, they may be wanted again soon, and a fetch that is under way does not ask for them. */
const HELD_UP_WAIT_MS = 50;
/** So few records are worked on before more is asked for: to send a request takes as long as to decide on them. */
const FEW_RECORDS = 20;
/** Should what this process writes itself not come, what others write comes later by so much at most. */
const OWN_WAIT_MS = 10;
const NO_BATCHES: FetchedBatch[] = [];

/**
 * What kafkajs's group member does to fetch, with sessions: a request names only the partitions whose position has
 * changed, and nothing is done for the others. kafkajs names all of them in each request, takes all of them apart in each
 * answer and hands each to its workers: with a coordinator's 49 partitions that was most of what a message cost.
 */
export class GroupFetch {
  private readonly readings = new Map<string, Reading>();
  private layout: Layout | undefined;
  private resolvedBy: OffsetManagerInternals | undefined;
  private wakeUp: () => void = () => undefined;
  private readonly end = new Ending();

  constructor(private readonly limits: ReadingLimits) {}

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
    const reading = this.readings.get(nodeId) ?? { session: new FetchSession(), hasBroughtFew: false };
    this.readings.set(nodeId, reading);
    const { session, hasBroughtFew } = reading;
    reading.hasBroughtFew = false;
    try {
      if (hasBroughtFew) await turns();
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
      const { maxBytes, maxBytesPerPartition } = this.limits;
      const ownBytes = hasBroughtFew ? this.limits.ownBytes() : 0;
      // The first one tells at once that fetching works, and where a session begins.
      const maxWaitMs = session.isNew ? 0 : this.longestMs(isHeldUp, ownBytes);
      const limits = { maxWaitMs, minBytes: ownBytes + 1, maxBytes, maxBytesPerPartition };
      const asked = fetchInSession(broker, session.next(wanted), limits);
      const answer = await this.end.orResult(asked);
      if (answer === 'ended' || !session.answered(answer)) return NO_BATCHES;
      if (answer.errorCode !== 0) throw internals.createErrorFromCode(answer.errorCode);
      const batches = batchesOf(group, answer, wanted);
      reading.hasBroughtFew = isFew(batches);
      return batches;
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

  private longestMs(isHeldUp: boolean, ownBytes: number): number {
    const { maxWaitMs } = this.limits;
    const heldUpMs = isHeldUp ? HELD_UP_WAIT_MS : maxWaitMs;
    return Math.min(maxWaitMs, heldUpMs, ownBytes > 0 ? OWN_WAIT_MS : maxWaitMs);
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

/** What was handed over is worked on first, and what that sends leaves before the next request does. */
const turns = (): Promise<void> => new Promise((resolve) => setImmediate(() => setImmediate(resolve)));

const versionOf = (broker: RawBroker): { minVersion: number; maxVersion: number } | undefined =>
  broker.versions?.[internals.apiKeys['Fetch'] ?? -1];

function speaks(broker: RawBroker): boolean {
  const { minVersion, maxVersion } = versionOf(broker) ?? { minVersion: 0, maxVersion: 0 };
  return minVersion <= FETCH_VERSION && maxVersion >= FETCH_VERSION;
}

function isFew(batches: readonly (FetchedBatch | ReadBatch)[]): boolean {
  let records = 0;
  for (const batch of batches)
    records += batch instanceof ReadBatch ? batch.portion.records.length : FEW_RECORDS;
  return records > 0 && records < FEW_RECORDS;
}

/** Batches of those that have something; what was held up or sought elsewhere meanwhile is left. */
function batchesOf(
  group: ConsumerGroupInternals,
  answer: FetchAnswer | PlainAnswer,
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
