import {
  AnnouncingStore,
  Caches,
  DatabaseClock,
  Door,
  DoorDefinitions,
  DoorEvents,
  DoorFiles,
  DoorSchedules,
  Due,
  FiringsAhead,
  JsonSchemas,
  Leases,
  ProgressBuffer,
  Publisher,
  RunCommands,
  type Files,
  type Metrics,
  type ProgressStore,
} from '../../../apps/cerebro/src/coordination/index.js';
import { Coordinator } from '../../../apps/cerebro/src/coordinator.js';
import { CloudEventEnvelope } from '../../../apps/cerebro/src/messaging/cloud-event-envelope.js';
import { CommandTopics } from '../../../apps/cerebro/src/messaging/command-topics.js';
import { InboundDecoder } from '../../../apps/cerebro/src/messaging/inbound-decoder.js';
import { InboundHandler } from '../../../apps/cerebro/src/messaging/inbound-handler.js';
import { KafkaOutboundBus } from '../../../apps/cerebro/src/messaging/kafka-outbound-bus.js';
import { Presence, Pulse, Watermark } from '../../../apps/cerebro/src/timers/index.js';
import { topicsOf } from '@cordyna/protocol/wire';
import type { BusAdmin } from '@cordyna/bus';
import { CordynaYaml } from '../../../apps/cerebro/src/triggers/index.js';
import { Consumer } from '../kafka/consumer.js';
import { fakeBus } from '../kafka/fake-bus.js';
import { MemoryStore } from '../store/memory-store.js';
import { recorded } from '../store/recording.js';
import { memoryDefinitions } from '../store/memory-definitions.js';
import { MemoryPeers } from '../store/memory-peers.js';
import { MemoryTimerQueries } from '../store/memory-timer-queries.js';
import type { Process } from '../world/process.js';
import { AuditedCapacity } from './audited-capacity.js';
import { SabotagedStore, sabotaged } from './sabotage.js';
import { sightOf, SightedPeers } from './sight.js';
import { PREFIX, SETTINGS, type Site } from './site.js';

const quiet = { inc: () => undefined, startTimer: () => () => undefined };
const metrics = {
  ...{
    commitDuration: quiet,
    commitRetries: quiet,
    logLinesDropped: quiet,
    forgedLines: quiet,
    stalls: quiet,
    failures: quiet,
  },
  ...{ countBatch: () => undefined, observe: () => undefined },
} as unknown as Metrics;
const noProgress: ProgressStore = { save: async () => undefined };

export interface RunningCoordinator {
  readonly process: Process;
  readonly commands: RunCommands;
  readonly definitions: DoorDefinitions;
  readonly events: DoorEvents;
  readonly files: Files;
  readonly schedules: DoorSchedules;
  /** SIGTERM: resolves when it has ended in good order. */
  terminate(): Promise<void>;
}

/** One coordinator as production composes it, but for its Kafka, its PostgreSQL and its time. Call it in its process. */
export function startCoordinator(site: Site, process: Process): RunningCoordinator {
  const { world, faults, broker, db, lock, group, random, deliveries } = site;
  const line = { world, broker, faults, process, deliveries, group };
  const { recording } = site;
  const connection = { world, faults, db, lock, process, recording };
  const bus = fakeBus(line, site.sabotage !== 'no read-back');
  const topics = topicsOf(PREFIX);
  const source = `/cerebro/${process.name}`;
  const sizing = { prefix: PREFIX, partitions: SETTINGS.partitions, replicationFactor: 1 };
  const commandTopics = new CommandTopics(bus.admin(), sizing);
  const leases = new Leases();
  const outbound = new KafkaOutboundBus(bus, commandTopics, leases);
  const began = world.now - random.between(0, 1_000_000);
  const clock = new DatabaseClock(() => world.now - began);
  const capacity = new AuditedCapacity(db, (found) => site.miscounts.push(`${process.name}: ${found}`));
  const store = new SabotagedStore(new MemoryStore(connection), db, site.sabotage);
  const asked = new MemoryTimerQueries(connection);
  const queries = recording ? recorded(asked, recording, db.clock) : asked;
  const tools = {
    ...{ clock, leases, capacity, source, schemas: new JsonSchemas(), bus: outbound },
    envelope: new CloudEventEnvelope(topics, commandTopics, source),
    defaultTimeouts: SETTINGS.timeouts,
    portion: random.between(1, 4),
  };
  // Whatever waits is decided while another commit is under way.
  const due = new Due();
  const announcing = new AnnouncingStore(store, [due]);
  const caches = new Caches();
  const door = new Door(announcing, caches, tools, metrics, 1);
  const publisher = new Publisher(
    outbound,
    (marks) => door.markPublished(marks),
    () => world.now,
  );
  const ahead = new FiringsAhead(announcing, caches, tools, metrics, publisher);
  const progress = new ProgressBuffer(noProgress, leases, metrics);
  const committed = sabotaged(queries, outbound, site.sabotage);
  const watermark = new Watermark(outbound, {
    ...{ eventsTopic: topics.events, serversTopic: topics.servers },
    maxStepMs: SETTINGS.maxStepMs,
    stallGraceMs: site.sabotage === 'no stall grace' ? 0 : SETTINGS.stallGraceMs,
  });
  const newRunId = () => random.uuid(world.now);
  const sight = sightOf(random);
  faults.count(`sees others: ${sight}`);
  const peers = new SightedPeers(new MemoryPeers(connection), sight, random);
  const presence = new Presence(peers, process.name, (member) =>
    bus.admin().removeMember(topics.cerebroGroup, member),
  );
  const coordinator = new Coordinator(
    {
      ...{
        bus,
        outbound,
        store,
        queries: committed,
        clock,
        due,
        ahead,
        leases,
        capacity,
        door,
        publisher,
        progress,
        watermark,
        presence,
      },
      installation: { migrate: async () => undefined, secret: async () => SETTINGS.secret },
      pulse: new Pulse(clock),
    },
    {
      // Each firing that can be is held.
      ...{ topics: sizing, source, secret: null, newRunId, manyAtOnce: 1 },
      ...{ lostAfterMs: SETTINGS.lostAfterMs, sweepAfterMs: SETTINGS.sweepAfterMs },
    },
  );
  const handler = new InboundHandler(door, progress, queries, bus.admin() as BusAdmin, undefined, 3);
  const consumer = new Consumer(line, handler, new InboundDecoder(topics, newRunId));
  const member = {
    process,
    assigned: (partitions: Parameters<Consumer['assigned']>[0]) => void consumer.assigned(partitions),
  };
  const started = coordinator.prepare().then(async () => {
    group.join(member);
    presence.joined(process.name);
    await coordinator.startTimers();
  });
  const terminate = async (): Promise<void> => {
    await started;
    await coordinator.stopTimers();
    group.leave(member);
    consumer.stop();
    await coordinator.drain();
  };
  const definitions = new DoorDefinitions(door);
  return {
    ...{ process, terminate, commands: new RunCommands(door, store, clock, newRunId) },
    ...{ definitions, events: new DoorEvents(door, clock) },
    files: new DoorFiles(new CordynaYaml(), definitions, memoryDefinitions(connection)),
    schedules: new DoorSchedules(door, store, clock, newRunId),
  };
}
