import { createBus, type Bus } from '@cordyna/bus';
import { CordynaKafkaServer } from '@cordyna/bus/nest';
import { topicsOf } from '@cordyna/protocol/wire';
import type { CerebroConfig } from './config/index.js';
import {
  AnnouncingStore,
  Backlog,
  Caches,
  Capacity,
  DatabaseClock,
  Door,
  DoorDefinitions,
  DoorEvents,
  DoorSchedules,
  Due,
  FiringsAhead,
  JsonSchemas,
  Leases,
  OwnFacts,
  ProgressBuffer,
  Publisher,
  RunCommands,
  type Installation,
  type Metrics,
  type Peers,
  type ProgressStore,
  type RetentionStore,
  type Store,
  type TimerQueries,
  type Tools,
} from './coordination/index.js';
import { Coordinator } from './coordinator.js';
import {
  CloudEventEnvelope,
  CommandTopics,
  InboundDecoder,
  InboundHandler,
  KafkaOutboundBus,
  type DecodedInbound,
  type InboundTransport,
} from './messaging/index.js';
import { CoordinatorReadiness, type InboundState, type ReadinessParts } from './readiness.js';
import { OutboxVacuum, Presence, Pulse, Retention, Watermark } from './timers/index.js';

export interface Persistence {
  readonly store: Store;
  readonly timers: TimerQueries;
  readonly progress: ProgressStore;
  readonly retention: RetentionStore;
  readonly installation: Installation;
  readonly peers: Peers;
}

export interface Composition {
  readonly coordinator: Coordinator;
  readonly commands: RunCommands;
  readonly definitions: DoorDefinitions;
  readonly schedules: DoorSchedules;
  readonly events: DoorEvents;
  readonly readiness: CoordinatorReadiness;
  readonly handler: InboundHandler;
  readonly transport: InboundTransport;
}

/** Puts one coordinator together; nothing runs yet. */
export function compose(
  config: CerebroConfig,
  persistence: Persistence,
  metrics: Metrics,
  onFailed: (reason: Error) => void,
): Composition {
  const { topicPrefix, instance } = config;
  const bus = createBus({ brokers: config.kafkaBrokers, clientId: instance });
  const topics = topicsOf(topicPrefix);
  const source = `/cerebro/${instance}`;
  const topicSettings = { prefix: topicPrefix, ...config.topics };
  const commandTopics = new CommandTopics(bus.admin(), topicSettings);
  const leases = new Leases();
  const outbound = new KafkaOutboundBus(bus, commandTopics, leases);
  const clock = new DatabaseClock();
  const capacity = new Capacity();
  const tools = {
    clock,
    leases,
    capacity,
    source,
    schemas: new JsonSchemas(),
    bus: outbound,
    envelope: new CloudEventEnvelope(topics, commandTopics, source),
    defaultTimeouts: config.defaultTimeouts,
    firingsPerMinute: config.firingsPerMinute,
  };
  const { store, timers: queries, progress: progressStore, installation, peers } = persistence;
  const doors = doorOf(persistence, outbound, tools, metrics);
  const { door, publisher, ownFacts } = doors;
  const progress = new ProgressBuffer(progressStore, leases, metrics);
  const watermark = new Watermark(outbound, watermarkSettings(config), () => metrics.stalls.inc());
  const pulse = new Pulse(clock);
  const backlog = new Backlog(config.maxUnpublished);
  const newWork = { topics: new Set([topics.invocations, topics.signals]), backlog };
  const handler = new InboundHandler(door, progress, queries, bus.admin(), newWork);
  const inbound: MutableInboundState = { state: 'starting', assignedPartitions: 0 };
  const presence = new Presence(peers, instance, (member) =>
    bus.admin().removeMember(topics.cerebroGroup, member),
  );
  const consuming = { handler, decoder: new InboundDecoder(topics), inbound, presence, ownFacts, onFailed };
  const transport = inboundTransport(bus, config, consuming);
  const observed = { clock, pulse, watermark, door, publisher, backlog };
  const readiness = new CoordinatorReadiness(observed, () => inbound);
  observeGauges(metrics, { ...observed, queries }, readiness);
  const coordinator = new Coordinator(
    {
      ...observed,
      ...doors,
      bus,
      outbound,
      installation,
      store,
      queries,
      leases,
      capacity,
      progress,
      presence,
      retention: new Retention(persistence.retention, metrics, config.retentionMs),
    },
    {
      topics: topicSettings,
      source,
      secret: config.secret?.reveal() ?? null,
      lostAfterMs: config.lostAfterMs,
      sweepAfterMs: config.sweepAfterMs,
    },
  );
  return {
    coordinator,
    commands: new RunCommands(door, store, clock, undefined, backlog),
    definitions: new DoorDefinitions(door),
    readiness,
    schedules: new DoorSchedules(door, store, clock, undefined, backlog),
    events: new DoorEvents(door, clock, backlog),
    handler,
    transport,
  };
}

function doorOf(
  { store, retention }: Persistence,
  outbound: KafkaOutboundBus,
  tools: Tools,
  metrics: Metrics,
) {
  const ownFacts = new OwnFacts((facts, partitions) => outbound.sizeOf(facts, partitions));
  const due = new Due();
  const caches = new Caches();
  const outboxVacuum = new OutboxVacuum(retention);
  const announcing = new AnnouncingStore(store, [due, ownFacts, outboxVacuum]);
  const door = new Door(announcing, caches, tools, metrics);
  const publisher = new Publisher(tools.bus, (marks) => door.markPublished(marks));
  const ahead = new FiringsAhead(announcing, caches, tools, metrics, publisher);
  return { ownFacts, due, door, publisher, ahead, outboxVacuum };
}

function watermarkSettings({ topicPrefix, maxWatermarkStepMs: maxStepMs, stallGraceMs }: CerebroConfig) {
  const { events: eventsTopic, servers: serversTopic } = topicsOf(topicPrefix);
  return { eventsTopic, serversTopic, maxStepMs, stallGraceMs };
}

function observeGauges(
  metrics: Metrics,
  parts: ReadinessParts & { readonly door: Door; readonly queries: TimerQueries },
  readiness: CoordinatorReadiness,
): void {
  const { clock, pulse, watermark, door, publisher, queries } = parts;
  metrics.observe({
    inputsWaiting: () => door.waiting,
    publishingBehindMs: () => publisher.behindMs(),
    unready: () => readiness.reasons(),
    watermarkAgeMs: () => (pulse.silentMs() === null ? null : watermark.ageMs(clock.now())),
    // While the database is away the figure is not known; the other metrics are shown all the same.
    outboxUnpublished: () => queries.countUnpublished().catch(() => null),
  });
}

type MutableInboundState = { -readonly [key in keyof InboundState]: InboundState[key] };

interface InboundParts {
  readonly handler: InboundHandler;
  readonly decoder: InboundDecoder;
  readonly inbound: MutableInboundState;
  readonly presence: Presence;
  readonly ownFacts: OwnFacts;
  readonly onFailed: (reason: Error) => void;
}

function inboundTransport(
  bus: Bus,
  config: CerebroConfig,
  { handler, decoder, inbound, presence, ownFacts, onFailed }: InboundParts,
): InboundTransport {
  const { cerebroGroup, declarations, servers, events, invocations, signals } = topicsOf(config.topicPrefix);
  return new CordynaKafkaServer<DecodedInbound>({
    bus,
    topics: { declarations, servers, events, invocations, signals },
    decode: (_kind, record) => ({ ok: true, inbound: decoder.decode(record) }),
    consumer: {
      group: cerebroGroup,
      sessionTimeoutMs: config.sessionTimeoutMs,
      onAssigned: (partitions) => {
        inbound.assignedPartitions = partitions.length;
        return handler.positionsOf(partitions);
      },
      onState: (state) => {
        inbound.state = state;
      },
      onMember: (member) => presence.joined(member),
      ownBytes: () => ownFacts.bytes(),
      onFailed,
    },
  });
}
