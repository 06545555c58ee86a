import { topicSpecs, topicsOf } from '@cordyna/protocol/wire';
import { Broker } from '../kafka/broker.js';
import { ConsumerGroup } from '../kafka/consumer-group.js';
import { Deliveries } from '../kafka/deliveries.js';
import { Database } from '../store/database.js';
import type { Recording } from '../store/recording.js';
import { Lock } from '../store/lock.js';
import { Faults, planOf, type FaultKind, type FaultPlan } from '../world/faults.js';
import { Random } from '../world/random.js';
import type { Sabotage } from '../world/sabotages.js';
import { World } from '../world/world.js';

export const PREFIX = 'sim';
export const TOPICS = topicsOf(PREFIX);
/** What coordinators read. */
export const INBOUND = [
  ...[TOPICS.declarations, TOPICS.servers, TOPICS.events],
  ...[TOPICS.invocations, TOPICS.signals],
];

/** Shorter than in production where nothing else depends on it; the sweeper and the fence are as they are there. */
export const SETTINGS = {
  partitions: 2,
  secret: 'secret',
  timeouts: { ackMs: 3_000, startMs: 4_000, completeMs: 9_000 },
  lostAfterMs: 4_000,
  sweepAfterMs: 12_000,
  maxStepMs: 3_000,
  stallGraceMs: 6_000,
  sessionMs: 3_000,
} as const;

/** Everything that exists once: time, chance, Kafka, PostgreSQL. */
export interface Site {
  readonly world: World;
  readonly random: Random;
  readonly faults: Faults;
  readonly broker: Broker;
  readonly db: Database;
  readonly lock: Lock;
  readonly deliveries: Deliveries;
  /** The coordinators'. */
  readonly group: ConsumerGroup;
  readonly sabotage: Sabotage | null;
  readonly recording: Recording | null;
  /** What coordinators believed wrongly of servers' places. */
  readonly miscounts: string[];
}

export interface SiteOptions {
  readonly sabotage?: Sabotage | undefined;
  /** Kinds of faults that do not happen, whatever the seed says. */
  readonly without?: readonly FaultKind[] | undefined;
  /** In place of what the seed says. */
  readonly plan?: Partial<FaultPlan> | undefined;
  /** Where everything that the store does is written down. */
  readonly recording?: Recording | undefined;
}

export function siteOf(seed: number, { sabotage, without, plan, recording }: SiteOptions = {}): Site {
  const world = new World();
  const random = new Random(seed);
  const faults = new Faults(planOf(random, without, plan), random, world);
  const broker = new Broker(world, random.between(-1_000, 1_000), sabotage !== 'no fence');
  for (const spec of topicSpecs(PREFIX, { partitions: SETTINGS.partitions, replicationFactor: 1 }))
    broker.ensure(spec);
  const partitions = INBOUND.flatMap((topic) =>
    Array.from({ length: broker.partitionsOf(topic) }, (_, partition) => ({ topic, partition })),
  );
  const group = new ConsumerGroup(world, random, () => partitions, SETTINGS.sessionMs);
  group.start();
  const db = new Database(() => world.now, sabotage !== 'no version check');
  const lock = new Lock(world);
  faults.onCrash = () => lock.crash();
  const deliveries = new Deliveries(faults);
  return {
    world,
    random,
    faults,
    broker,
    deliveries,
    group,
    db,
    lock,
    sabotage: sabotage ?? null,
    recording: recording ?? null,
    miscounts: [],
  };
}
