import type { Consumer, EachBatchPayload } from 'kafkajs';
import { BusError } from '../errors.js';
import { clientSettings, logOf } from '../kafkajs/client.js';
import { isBrokerNotReady, isGroupMoving, isRebalanceAnswer, toBusError } from '../kafkajs/error-mapping.js';
import type { ConsumerGroupInternals, FetchedBatch } from '../kafkajs/internals.js';
import type { Sockets } from '../kafkajs/sockets.js';
import { inTime, sleep } from '../limits.js';
import type { BusConfig, TopicPartition } from '../port.js';
import { GroupFetch } from './group-fetch.js';
import { keyOf, Lanes } from './lanes.js';
import type { WorkInHand } from './lanes.js';
import { createMember, maxFetchBytes } from './member.js';
import { portionOf, ReadBatch } from './read-batch.js';
import type { ConsumerSettings } from './settings.js';

export interface SessionEvents {
  /** In the group, positions known, a fetch came back. */
  running(): void;
  joined(partitions: readonly TopicPartition[]): void;
}

export interface SessionStart {
  readonly inHand: WorkInHand;
  readonly partitionCount: number;
  /** Of the session before this one. */
  readonly memberId: string | null;
}

/** Of kafkajs: each is started for each fetch, and none waits for what a lane does. */
const WORKERS = 4;
const COMMIT_LIMIT_MS = 2_000;
const WATCH_EVERY_MS = 250;
const MAX_WATCH_DELAY_MS = 1_000;
const START_SLACK_MS = 10_000;
const STOP_LIMIT_MS = 10_000;
const LEAVE_LIMIT_MS = 5_000;
const FIRST_REJOIN_MS = 50;
const MAX_REJOIN_MS = 250;
const FIRST_RETRY_MS = 100;
const MAX_RETRY_MS = 2_000;

/** One life of a kafkajs group member: from its first join until it is stopped or fails; it is never restarted. */
export class Session {
  private readonly consumer: Consumer;
  private readonly sockets: Sockets;
  private readonly lanes: Lanes;
  private readonly fetching: GroupFetch;
  private readonly timers: NodeJS.Timeout[] = [];
  private readonly over = new AbortController();
  private fail: (error: BusError) => void = () => undefined;
  private generation = 0;
  private joining = true;
  private positioned = false;
  private lastSignAt = Date.now();
  private lastWatchAt = Date.now();
  private firstFetchAt: number | undefined;
  private stopped: Promise<void> | undefined;
  /** The last one under which this member was assigned partitions. */
  private assignedMemberId: string | null;
  private group: ConsumerGroupInternals | undefined;
  /** Resolves with the reason when the session failed. */
  readonly failure: Promise<BusError>;

  constructor(
    private readonly config: BusConfig,
    private readonly settings: ConsumerSettings,
    private readonly events: SessionEvents,
    { inHand, partitionCount, memberId }: SessionStart,
  ) {
    this.assignedMemberId = memberId;
    this.failure = new Promise((resolve) => {
      this.fail = resolve;
    });
    this.lanes = new Lanes(
      {
        onBatch: (batch) => settings.onBatch(batch),
        onBacklog: (where, full) => {
          this.throttle([where], full);
        },
        onJump: (where, expected, actual) => {
          logOf(config)('error', 'the log does not hold the position', { ...where, expected, actual });
          settings.onJump(where, expected, actual);
        },
        onHandlerError: (where, error) => {
          logOf(config)('error', 'batch failed, trying again', {
            ...where,
            error: toBusError(error).message,
          });
        },
      },
      inHand,
    );
    const client = clientSettings(config);
    this.sockets = client.sockets;
    this.fetching = new GroupFetch({ ...settings, maxBytes: maxFetchBytes(settings, partitionCount) });
    this.consumer = createMember(client.settings, settings, partitionCount, {
      fetch: async (group, nodeId, original) =>
        this.fetched(group, await this.fetching.fetch(group, nodeId, original)),
      beforeJoin: () => this.beforeJoin(),
      join: (group, attempt) => this.join(group, attempt),
      joined: (assignment) => {
        this.joined(assignment);
      },
      crashed: (error) => {
        this.fail(toBusError(error));
      },
    });
  }

  get assigned(): TopicPartition[] {
    return this.lanes.assigned;
  }

  /** What the group knows this member by, or may still know it by. */
  get memberId(): string | null {
    return this.group?.memberId ?? this.assignedMemberId;
  }

  /** How long fetching has worked; 0: it never did. */
  get fetchedForMs(): number {
    return this.firstFetchAt === undefined ? 0 : Date.now() - this.firstFetchAt;
  }

  async start(): Promise<void> {
    const { consumer, settings } = this;
    this.timers.push(setInterval(() => void this.commit(), settings.commitEveryMs));
    this.timers.push(setInterval(() => this.watch(), WATCH_EVERY_MS));
    try {
      await consumer.connect();
      await this.patiently(() => consumer.subscribe({ topics: [...settings.topics], fromBeginning: true }));
      await consumer.run({
        autoCommit: false,
        eachBatchAutoResolve: false,
        partitionsConsumedConcurrently: WORKERS,
        eachBatch: (payload) => this.take(payload),
      });
    } catch (error) {
      this.fail(toBusError(error));
    }
  }

  seek(where: TopicPartition, offset: bigint): void {
    this.lanes.restart({ ...where, offset });
    this.ifAlive(() => {
      this.consumer.seek({ ...where, offset: offset.toString() });
    });
    this.fetching.wake();
    // The backlog that may have held the partition up is gone.
    if (this.positioned) this.throttle([where], false);
  }

  /** Finishes what is in hand, commits, leaves the group. */
  stop(): Promise<void> {
    this.stopped ??= this.leave();
    return this.stopped;
  }

  /** Cuts the connections; the group notices at the session timeout. */
  abandon(): void {
    this.end();
    this.fetching.stop();
    this.sockets.destroy();
    this.consumer.disconnect().catch(() => undefined);
  }

  private async leave(): Promise<void> {
    await this.lanes.close(STOP_LIMIT_MS);
    await this.commit();
    this.end();
    const left = inTime(this.consumer.stop(), LEAVE_LIMIT_MS);
    this.fetching.stop();
    await left;
    // kafkajs would wait for the broker's answer to the fetch that nobody waits for any more.
    this.sockets.destroy();
    await inTime(this.consumer.disconnect(), LEAVE_LIMIT_MS);
  }

  private end(): void {
    this.over.abort();
    this.timers.forEach(clearInterval);
    const { assigned } = this.lanes;
    this.lanes.expire();
    if (assigned.length > 0) this.settings.onRevoked(assigned);
  }

  /** Still a member of the old generation: what is in hand may finish, and its position is committed. */
  private async beforeJoin(): Promise<void> {
    this.joining = true;
    this.positioned = false;
    this.lastSignAt = Date.now();
    if (this.generation === 0) return;
    const { assigned } = this.lanes;
    await this.lanes.close(this.settings.drainMs);
    await this.commit();
    this.lanes.expire();
    this.generation += 1;
    if (!this.over.signal.aborted) this.settings.onRevoked(assigned);
  }

  /** As the member that the group may still know: it would wait for one that never comes back until its session is over. */
  private async join(group: ConsumerGroupInternals, attempt: () => Promise<void>): Promise<void> {
    group.memberId = this.memberId;
    this.group = group;
    await this.patiently(async () => {
      try {
        await attempt();
      } catch (error) {
        // What was given up as unknown may be a member again when the group has been read from the log.
        if (isGroupMoving(error)) group.memberId = this.assignedMemberId;
        throw error;
      }
    });
  }

  /** A broker that has just come back elects leaders and loads its groups: it is asked again, over the same connection. */
  private async patiently(attempt: () => Promise<void>): Promise<void> {
    for (let delayMs = FIRST_REJOIN_MS; ; delayMs = Math.min(delayMs * 2, MAX_REJOIN_MS)) {
      try {
        await attempt();
        return;
      } catch (error) {
        const isNotReady = isBrokerNotReady(error);
        if (this.over.signal.aborted || !(isNotReady || isRebalanceAnswer(error))) throw error;
        if (isNotReady) this.lastSignAt = Date.now();
      }
      await sleep(delayMs, this.over.signal);
    }
  }

  private joined(memberAssignment: Readonly<Record<string, readonly number[]>>): void {
    if (this.over.signal.aborted) return;
    this.joining = false;
    this.assignedMemberId = this.memberId;
    if (this.memberId !== null) this.settings.onMember(this.memberId);
    this.lastSignAt = Date.now();
    this.generation += 1;
    const partitions = Object.entries(memberAssignment).flatMap(([topic, list]) =>
      list.map((partition) => ({ topic, partition })),
    );
    this.lanes.assign(partitions);
    this.events.joined(partitions);
    if (this.settings.onAssigned === undefined) {
      this.throttle(partitions, false);
      this.positioned = true;
      return;
    }
    // Nothing is fetched until the caller has said from where.
    this.throttle(partitions, true);
    void this.position(partitions, this.generation);
  }

  private async position(partitions: readonly TopicPartition[], generation: number): Promise<void> {
    const current = (): boolean => generation === this.generation && !this.over.signal.aborted;
    for (let delayMs = FIRST_RETRY_MS; current(); delayMs = Math.min(delayMs * 2, MAX_RETRY_MS)) {
      try {
        const positions = (await this.settings.onAssigned?.(partitions)) ?? new Map<string, bigint>();
        if (!current()) return;
        for (const where of partitions) {
          const offset = positions.get(keyOf(where));
          if (offset === undefined) continue;
          this.lanes.expect({ ...where, offset });
          this.consumer.seek({ ...where, offset: offset.toString() });
        }
        this.throttle(partitions, false);
        this.positioned = true;
        return;
      } catch (error) {
        logOf(this.config)('error', 'positions are not known, trying again', {
          error: toBusError(error).message,
        });
        await sleep(delayMs, this.over.signal);
      }
    }
  }

  private take({ batch, resolveOffset, isStale, isRunning }: EachBatchPayload): Promise<void> {
    if (isStale() || !isRunning() || this.joining) return Promise.resolve();
    const { topic, partition } = batch;
    this.lanes.push({ topic, partition }, portionOf(batch));
    // Only the fetch position; what is committed to Kafka is what the handler is done with.
    resolveOffset(batch.lastOffset());
    return Promise.resolve();
  }

  /** A fetch came back, with or without records. @returns what is left for kafkajs's workers */
  private fetched(group: ConsumerGroupInternals, batches: (FetchedBatch | ReadBatch)[]): FetchedBatch[] {
    this.lastSignAt = Date.now();
    if (this.positioned) {
      this.firstFetchAt ??= this.lastSignAt;
      this.events.running();
    }
    const left: FetchedBatch[] = [];
    for (const batch of batches) {
      if (batch instanceof ReadBatch) this.takeAtOnce(group, batch);
      else left.push(batch);
    }
    return left;
  }

  /** As a worker of kafkajs would, without a dozen promises, and events that nobody listens to, for each. */
  private takeAtOnce(group: ConsumerGroupInternals, batch: ReadBatch): void {
    const { topic, partition, fetchedOffset } = batch;
    if (this.joining || group.seekOffset.has(topic, partition)) return;
    // Two brokers may answer for it while it moves, or one for an assignment that is over.
    const position = group.offsetManager.resolvedOffsets[topic]?.[partition];
    if (position !== undefined && position !== fetchedOffset && !position.startsWith('-')) return;
    if (!this.lanes.push(batch, batch.portion)) return;
    group.resolveOffset({ topic, partition, offset: batch.lastOffset() });
  }

  private throttle(partitions: readonly TopicPartition[], on: boolean): void {
    const list = partitions.map(({ topic, partition }) => ({ topic, partitions: [partition] }));
    if (this.over.signal.aborted || list.length === 0) return;
    this.ifAlive(() => {
      if (on) this.consumer.pause(list);
      else this.consumer.resume(list);
    });
    if (!on) this.fetching.wake();
  }

  /** kafkajs throws at a consumer that has just crashed; the next session then begins from the right positions. */
  private ifAlive(action: () => void): void {
    try {
      action();
    } catch (error) {
      logOf(this.config)('debug', 'consumer is gone', { error: toBusError(error).message });
    }
  }

  private async commit(): Promise<void> {
    const positions = this.lanes.uncommitted();
    if (positions.length === 0 || this.over.signal.aborted) return;
    const offsets = positions.map(({ topic, partition, offset }) => ({
      topic,
      partition,
      offset: offset.toString(),
    }));
    // A commit that fails is made up for by the next one; the truth about positions is the caller's.
    const done = await inTime(this.consumer.commitOffsets(offsets), COMMIT_LIMIT_MS);
    if (done) this.lanes.markCommitted(positions);
  }

  private watch(): void {
    const { silenceMs, rebalanceTimeoutMs, sessionTimeoutMs } = this.settings;
    const limitMs = this.joining
      ? silenceMs + rebalanceTimeoutMs + sessionTimeoutMs + START_SLACK_MS
      : silenceMs;
    const nowMs = Date.now();
    // This process itself was stopped: kafkajs has not had its chance to go on yet.
    if (nowMs - this.lastWatchAt > WATCH_EVERY_MS + MAX_WATCH_DELAY_MS) this.lastSignAt = nowMs;
    this.lastWatchAt = nowMs;
    const silentMs = nowMs - this.lastSignAt;
    if (silentMs <= limitMs) return;
    const what = this.joining ? 'did not join its group' : 'did not fetch';
    this.fail(new BusError('consumer_failed', `the consumer ${what} in ${silentMs} ms`, { retriable: true }));
  }
}
