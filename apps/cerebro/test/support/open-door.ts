import { v7 as uuidv7 } from 'uuid';
import type {
  Metrics,
  Outcome,
  OutboxMessage,
  OutboxRow,
  ReadBack,
  SendOutcome,
} from '../../src/coordination/index.js';
import {
  AnnouncingStore,
  Caches,
  Capacity,
  DatabaseClock,
  Door,
  Due,
  FiringsAhead,
  JsonSchemas,
  Leases,
  OutboundBus,
  Publisher,
  type Inbound,
  type Report,
  type Store,
} from '../../src/coordination/index.js';
import { CloudEventEnvelope } from '../../src/messaging/cloud-event-envelope.js';
import type { CommandTopics } from '../../src/messaging/command-topics.js';
import { createPersistence } from '../../src/persistence/index.js';
import { topicsOf } from '@cordyna/protocol/wire';
import type { ServerDeclaration } from '@cordyna/protocol/model';
import { nowOf } from '../persistence/support/now.js';

const PARTITIONS = 12;

type SentMessage = OutboxMessage & Pick<OutboxRow, 'stamp'>;

/** Takes what is published and keeps it; can be told to lose everything, like a coordinator that dies. */
export class RecordingBus extends OutboundBus {
  readonly sent: SentMessage[] = [];
  /** What was given to it while it lost everything. */
  readonly dropped: OutboxMessage[] = [];
  lost = false;
  /** Servers whose command topic nobody has looked up yet. */
  readonly unknownTopics = new Set<string>();

  override async send(messages: readonly OutboxMessage[], stamp: number): Promise<readonly SendOutcome[]> {
    if (this.lost) {
      this.dropped.push(...messages);
      return messages.map(() => ({ outcome: 'unknown' }));
    }
    this.sent.push(...messages.map((message) => ({ ...message, stamp })));
    return messages.map(() => ({ outcome: 'written' }));
  }
  override async readBack(rows: readonly Pick<OutboxRow, 'messages'>[]): Promise<ReadBack> {
    const sent = new Set(this.sent.map(({ messageId }) => messageId));
    const ids = rows.flatMap(({ messages }) => messages.map(({ messageId }) => messageId));
    const found = new Set(ids.filter((id) => sent.has(id)));
    return { found, unread: new Set() };
  }
  override commandPartition(server: string): number | null {
    return this.unknownTopics.has(server) ? null : 0;
  }
  override async ensureCommandTopic(server: string): Promise<void> {
    if (this.lost) throw new Error('Kafka is away');
    this.unknownTopics.delete(server);
  }
  override async endOffsets(): Promise<ReadonlyMap<string, bigint>> {
    return new Map();
  }
}

const quiet = { inc: () => undefined, startTimer: () => () => undefined };
const metrics = {
  commitDuration: quiet,
  commitRetries: quiet,
  logLinesDropped: quiet,
  forgedLines: quiet,
  stalls: quiet,
  failures: quiet,
  countBatch: () => undefined,
  observe: () => undefined,
} as unknown as Metrics;

export interface OpenDoor {
  readonly door: Door;
  readonly ahead: FiringsAhead;
  readonly bus: RecordingBus;
  readonly clock: DatabaseClock;
  readonly due: Due;
  readonly capacity: Capacity;
  readonly persistence: ReturnType<typeof createPersistence>;
  declare(declaration: ServerDeclaration): Promise<Outcome>;
  request(task: string, key?: string): Promise<string>;
  /** Sends a report on the invoke that this door or another one published. */
  report(invoke: OutboxMessage, report: Report): Promise<Outcome>;
  submit(inbound: Inbound): Promise<Outcome>;
  /** The newest invoke of the task in the run, once it is published. */
  invokeOf(run: string, task: string): OutboxMessage | undefined;
  close(): Promise<void>;
}

/**
 * A door over a real PostgreSQL whose messages go nowhere; several of them are several coordinators.
 * @param between the door and its store
 */
export async function openDoor(
  databaseUrl: string,
  instance: string,
  between: (store: Store) => Store = (store) => store,
): Promise<OpenDoor> {
  const persistence = createPersistence({ url: databaseUrl, applicationName: instance, poolSize: 4 });
  await persistence.migrate();
  const bus = new RecordingBus();
  const leases = new Leases();
  leases.use('secret');
  const clock = new DatabaseClock();
  const asked = clock.mark();
  clock.sample(await nowOf(persistence.timers), asked);
  const topics = topicsOf('t');
  const commandTopics = {
    nameOf: (server: string) => topics.commands(server),
    partitionOf: () => 0,
  } as unknown as CommandTopics;
  const capacity = new Capacity();
  const tools = {
    clock,
    leases,
    bus,
    capacity,
    source: `/cerebro/${instance}`,
    schemas: new JsonSchemas(),
    envelope: new CloudEventEnvelope(topics, commandTopics, `/cerebro/${instance}`),
    defaultTimeouts: { ackMs: 10_000, startMs: 600_000, completeMs: 1_800_000 },
  };
  const due = new Due();
  const store = new AnnouncingStore(between(persistence.store), [due]);
  const caches = new Caches();
  const door = new Door(store, caches, tools, metrics);
  const publisher = new Publisher(bus, (marks) => door.markPublished(marks));
  const ahead = new FiringsAhead(store, caches, tools, metrics, publisher);
  door.start(publisher);
  let offset = 0n;
  const where = () => ({ topic: 't.test', partition: PARTITIONS, offset: offset++, key: null, value: null });
  const submit = (inbound: Inbound) => door.submit(inbound);
  return {
    door,
    ahead,
    bus,
    clock,
    due,
    capacity,
    persistence,
    submit,
    declare: (body) =>
      submit({
        kind: 'declare',
        declaration: uuidv7(),
        server: body.server,
        version: null,
        body,
        errors: [],
        where: where(),
      }),
    request: async (task, key) => {
      const outcome = await submit({
        kind: 'run-requested',
        source: '/test',
        at: Date.now(),
        request: { task },
        trigger: { kind: 'request' },
        fallbackKey: key ?? null,
        newRun: uuidv7(),
        where: null,
      });
      if (outcome.kind !== 'run') throw new Error(JSON.stringify(outcome));
      return outcome.run;
    },
    report: (invoke, report) => {
      const { data } = JSON.parse(invoke.value?.toString() ?? '{}') as {
        data: { run: string; invocation: string; task: string; attempt: number };
      };
      const { run, invocation, task, attempt } = data;
      const lease = leases.of(invoke.server ?? '', invocation);
      return submit({
        kind: 'update',
        source: `/servers/${invoke.server ?? ''}/one`,
        at: Date.now(),
        attempt: { run, invocation, task, attempt, lease, instance: 'one' },
        report,
        where: where(),
      });
    },
    invokeOf: (run, task) =>
      bus.sent.findLast(
        (message) =>
          message.run === run &&
          message.invocation !== null &&
          (message.value?.toString() ?? '').includes(`"${task}"`),
      ),
    close: async () => {
      await door.stop();
      await persistence.close();
    },
  };
}
