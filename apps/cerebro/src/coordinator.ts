import { Logger } from '@nestjs/common';
import { v7 as uuidv7 } from 'uuid';
import type { Bus } from '@cordyna/bus';
import { topicSpecs, topicsOf } from '@cordyna/protocol/wire';
import type {
  Backlog,
  Capacity,
  DatabaseClock,
  Door,
  Due,
  FiringsAhead,
  Installation,
  Leases,
  OutboundBus,
  ProgressBuffer,
  Publisher,
  Store,
  TimerQueries,
} from './coordination/index.js';
import type { TopicSettings } from './messaging/index.js';
import {
  CapacityTimer,
  dueEvents,
  dueRetries,
  ErrandTimer,
  HeldTimes,
  Lookout,
  ScheduleTimer,
  Sweeper,
  Watchdog,
  type OutboxVacuum,
  type Presence,
  type Pulse,
  type Retention,
  type Watermark,
} from './timers/index.js';

export interface CoordinatorSettings {
  readonly topics: TopicSettings;
  /** `/cerebro/<instance>` */
  readonly source: string;
  /** A secret given by configuration; else the database keeps one. */
  readonly secret: string | null;
  readonly lostAfterMs: number;
  readonly sweepAfterMs: number;
  /** Ids of the runs that schedules begin; UUIDs version 7 when absent. */
  readonly newRunId?: () => string;
  /** So many schedules that are due at the same time are decided before it; 20 when absent. */
  readonly manyAtOnce?: number;
}

export interface CoordinatorParts {
  readonly bus: Bus;
  readonly outbound: OutboundBus & { close(): Promise<void> };
  readonly installation: Installation;
  readonly store: Store;
  readonly queries: TimerQueries;
  readonly clock: DatabaseClock;
  /** Of what the door's store commits. */
  readonly due: Due;
  readonly leases: Leases;
  readonly capacity: Capacity;
  readonly door: Door;
  readonly publisher: Publisher;
  readonly progress: ProgressBuffer;
  readonly watermark: Watermark;
  readonly pulse: Pulse;
  /** Without it all firings are decided when they are due. */
  readonly ahead?: FiringsAhead;
  /** Without it nothing that is old is removed. */
  readonly retention?: Retention;
  /** Without it autovacuum alone cleans up the outbox. */
  readonly outboxVacuum?: OutboxVacuum;
  /** Without it what a coordinator that is gone had goes on when its session with Kafka is over. */
  readonly presence?: Presence;
  /** Without it new work is taken however much waits for Kafka. */
  readonly backlog?: Backlog;
}

const MANY = 20;
const RETRY_MS = 1_000;
const STOP_LIMIT_MS = 15_000;

/** Starts the parts of one coordinator in the order in which they need each other, and stops them in reverse. */
export class Coordinator {
  private readonly logger = new Logger('Coordinator');
  private readonly lookout: Lookout;
  private readonly timers: readonly { start(): void; stop(): Promise<void> }[];
  private stopping = false;
  private started = false;

  constructor(
    private readonly parts: CoordinatorParts,
    private readonly settings: CoordinatorSettings,
  ) {
    const { queries, door, clock, due, outbound, capacity, watermark } = parts;
    const { pulse, retention, outboxVacuum, presence, backlog, ahead } = parts;
    const { source, lostAfterMs, sweepAfterMs, newRunId = uuidv7, manyAtOnce: many = MANY } = settings;
    const isHeldBack = (): boolean => (backlog?.excess ?? null) !== null;
    const held = ahead ? new HeldTimes(ahead, clock, { many, newRunId, isHeldBack }) : null;
    const isOurs = presence && ((schedule: string) => presence.isOurs(schedule));
    const { events, servers } = topicsOf(settings.topics.prefix);
    const question = { topics: [events, servers], unsentForMs: sweepAfterMs, silentForMs: lostAfterMs };
    const lookout = new Lookout(queries, clock, question);
    this.lookout = lookout;
    const looking = [
      new CapacityTimer(queries, door, capacity, outbound, source, lookout),
      new Sweeper(queries, outbound, door, sweepAfterMs),
      new ErrandTimer(dueRetries(queries, door, source), clock, due),
      new ErrandTimer(dueEvents(queries, door, newRunId, backlog), clock, due),
      new Watchdog(queries, door, watermark, lookout, { source, lostAfterMs }),
    ];
    const schedules = new ScheduleTimer(queries, door, clock, due, newRunId, backlog, isOurs, held);
    if (backlog) lookout.tell({ seen: ({ unpublished }) => backlog.learn(unpublished) });
    for (const watcher of [pulse, schedules, ...looking]) lookout.tell(watcher);
    this.timers = [
      ...looking,
      schedules,
      ...(retention ? [retention] : []),
      ...(outboxVacuum ? [outboxVacuum] : []),
      ...(presence ? [presence] : []),
      // Whoever it tells has been started by now.
      lookout,
    ];
  }

  /** Waits for PostgreSQL and Kafka as long as it takes; the health checks tell meanwhile what is missing. */
  async prepare(): Promise<void> {
    const { installation, leases, bus, door, publisher } = this.parts;
    await this.retrying('database', () => installation.migrate());
    leases.use(this.settings.secret ?? (await this.retrying('secret', () => installation.secret())));
    const { prefix, partitions, replicationFactor } = this.settings.topics;
    const specs = topicSpecs(prefix, { partitions, replicationFactor });
    await this.retrying('topics', () => bus.admin().ensureTopics(specs));
    await this.retrying('command topics', () => this.ensureCommandTopics());
    await this.retrying('first look', () => this.lookout.look());
    if (!this.stopping) door.start(publisher);
  }

  private async ensureCommandTopics(): Promise<void> {
    const needs = { runs: [], freshness: [], keys: [], schedules: [], positions: [], registry: true };
    const { registry } = await this.parts.store.load(needs);
    for (const server of registry?.value.servers.keys() ?? [])
      await this.parts.outbound.ensureCommandTopic(server);
  }

  /** After the consumer has started. */
  async startTimers(): Promise<void> {
    this.started = true;
    this.parts.pulse.start();
    for (const timer of this.timers) timer.start();
  }

  /** Before the consumer stops: nothing is proposed any more. */
  async stopTimers(): Promise<void> {
    this.stopping = true;
    if (this.started) await Promise.all(this.timers.map((timer) => timer.stop()));
    // Nothing is counted any more.
    this.parts.backlog?.end();
  }

  /** After the consumer stopped: what was taken in is committed and published. */
  async drain(): Promise<void> {
    this.stopping = true;
    const drained = this.parts.door.stop().then(() => this.parts.progress.stop());
    const limit = new Promise<'late'>((resolve) => setTimeout(() => resolve('late'), STOP_LIMIT_MS).unref());
    if ((await Promise.race([drained, limit])) === 'late') {
      this.logger.warn(
        `not drained in ${STOP_LIMIT_MS} ms; what is committed will be published by the sweeper`,
      );
    }
    await this.parts.outbound.close();
    await this.parts.bus.close();
  }

  private async retrying<T>(what: string, work: () => Promise<T>): Promise<T> {
    for (let failures = 0; ; failures++) {
      try {
        return await work();
      } catch (error) {
        if (this.stopping) throw error;
        const message = error instanceof Error ? error.message : String(error);
        if (failures % 10 === 0) this.logger.warn(`${what}: ${message}; trying again every second`);
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
      }
    }
  }
}
