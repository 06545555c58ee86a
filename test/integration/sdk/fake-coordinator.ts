import { randomUUID } from 'node:crypto';
import { createBus } from '@cordyna/bus';
import type { Bus, BusPublisher, BusRecord, OutMessage } from '@cordyna/bus';
import { EventType } from '@cordyna/protocol/model';
import type { InvokeCommand, JsonObject, ServerDeclaration } from '@cordyna/protocol/model';
import type { CloudEvent, Topics } from '@cordyna/protocol/wire';
import {
  commandsTopicSpec,
  decodeEvent,
  encodeStructured,
  topicSpecs,
  topicsOf,
} from '@cordyna/protocol/wire';
import { atEnd, awaitUntil } from '@cordyna/testkit';
import type { TestBroker } from '@cordyna/testkit';

export interface Seen {
  readonly record: BusRecord;
  readonly event: CloudEvent;
}

type Answer = 'accept' | 'reject' | 'none';

export const ANSWER_ERRORS = [
  { code: 'cycle', path: '/tasks/0/dependsOn/0', message: 'closes the cycle a -> b -> a' },
  { code: 'duplicate_name', path: '/tasks/1/name', message: 'is declared twice' },
];

const PARTITIONS = 3;
const INPUTS_OF_A_RUN = { args: {}, inputs: {}, item: null, trigger: { kind: 'request' } } as const;
export const TIMEOUTS = { ackMs: 10_000, startMs: 600_000, completeMs: 1_800_000 };

/** As much of Cerebro as a task server sees: it answers declarations, sends commands, and reads what is said. */
export class FakeCoordinator {
  readonly declarations: CloudEvent[] = [];
  readonly updates: Seen[] = [];
  readonly heartbeats: CloudEvent[] = [];
  readonly requests: CloudEvent[] = [];
  readonly deadLetters: BusRecord[] = [];
  answer: Answer = 'accept';
  private readonly bus: Bus;
  private readonly publisher: BusPublisher;

  private constructor(
    readonly broker: TestBroker,
    readonly topics: Topics,
  ) {
    this.bus = createBus({ brokers: broker.brokers, clientId: 'fake-coordinator' });
    this.publisher = this.bus.publisher();
  }

  static async start(broker: TestBroker): Promise<FakeCoordinator> {
    const coordinator = FakeCoordinator.on(broker);
    await coordinator.createTopics();
    await coordinator.listen();
    return coordinator;
  }

  /** One that has neither created its topics nor listens yet. */
  static on(broker: TestBroker): FakeCoordinator {
    const coordinator = new FakeCoordinator(broker, topicsOf(broker.prefix));
    atEnd('fake coordinator', () => coordinator.bus.close());
    return coordinator;
  }

  async createTopics(wanted: (topic: string) => boolean = () => true): Promise<void> {
    const specs = topicSpecs(this.broker.prefix, { replicationFactor: 1, partitions: PARTITIONS });
    await this.bus.admin().ensureTopics(specs.filter(({ name }) => wanted(name)));
  }

  async listen(): Promise<void> {
    const { topics } = this;
    await this.follow(topics.declarations, (seen) => this.declared(seen.event));
    await this.follow(topics.events, (seen) => void this.updates.push(seen));
    await this.follow(topics.servers, ({ event }) => void this.heartbeats.push(event));
    await this.follow(topics.invocations, ({ event }) => void this.requests.push(event));
    await this.listenToDeadLetters();
  }

  async listenToDeadLetters(): Promise<void> {
    const topic = this.topics.deadLetters;
    if (!(await this.bus.admin().topics()).includes(topic)) return;
    // From the beginning: one may have been written as soon as the topic was there.
    const beginning = await this.bus.admin().beginningOffsets(topic);
    this.bus.tail(topic, beginning, (record) => void this.deadLetters.push(record));
  }

  /** Sends an `invoke` for each; gives the commands as they were sent. */
  async invoke(
    server: string,
    task: string,
    overrides: Partial<InvokeCommand> = {},
    extensions: Record<string, unknown> = {},
  ): Promise<InvokeCommand> {
    const [command] = await this.invokeMany(
      server,
      [{ task: `${server}.${task}`, ...overrides }],
      extensions,
    );
    return command!;
  }

  async invokeMany(
    server: string,
    parts: readonly (Partial<InvokeCommand> & { task: string })[],
    extensions: Record<string, unknown> = {},
  ): Promise<InvokeCommand[]> {
    const commands = parts.map((part) => this.command(part));
    await this.send(
      commands.map((command) => this.message(server, EventType.taskInvoke, command, extensions)),
    );
    return commands;
  }

  command(part: Partial<InvokeCommand> & { task: string }): InvokeCommand {
    return {
      ...INPUTS_OF_A_RUN,
      invocation: randomUUID(),
      run: randomUUID(),
      attempt: 1,
      timeouts: TIMEOUTS,
      expiresAt: new Date(Date.now() + TIMEOUTS.ackMs).toISOString(),
      lease: `lease-${randomUUID()}`,
      ...part,
    };
  }

  async cancel(server: string, { invocation, run, task }: InvokeCommand, reason = 'by hand'): Promise<void> {
    await this.send([this.message(server, EventType.taskCancel, { invocation, run, task, reason })]);
  }

  message(server: string, type: string, data: object, extensions: Record<string, unknown> = {}): OutMessage {
    const key = 'invocation' in data ? String(data.invocation) : randomUUID();
    return {
      topic: this.topics.commands(server),
      key,
      ...encodeStructured(this.event(type, data, extensions)),
    };
  }

  async send(messages: readonly OutMessage[]): Promise<void> {
    const results = await this.publisher.send(messages);
    for (const result of results) if (!result.ok) throw result.error;
  }

  /** Types of what was said about the invocation so far, progress and log left out. */
  states(invocation: string): string[] {
    return this.about(invocation)
      .map(({ event }) => event.type.replace(/^cordyna\.task\.|\.v1$/g, ''))
      .filter((type) => type !== 'progress' && type !== 'log');
  }

  about(invocation: string): Seen[] {
    return this.updates.filter(({ event }) => event.data.invocation === invocation);
  }

  /** The first update of this type about the invocation. */
  update(invocation: string, type: string, timeoutMs = 10_000): Promise<Seen> {
    return awaitUntil(
      `${type} of ${invocation} is said`,
      () => this.about(invocation).find(({ event }) => event.type === type),
      { timeoutMs },
    );
  }

  completed = (invocation: string, timeoutMs?: number): Promise<Seen> =>
    this.update(invocation, EventType.taskCompleted, timeoutMs);

  async error(invocation: string, timeoutMs?: number): Promise<JsonObject> {
    const { event } = await this.update(invocation, EventType.taskError, timeoutMs);
    return event.data.error as JsonObject;
  }

  statesOf = (server: string): unknown[] =>
    this.heartbeats.filter(({ data }) => data.server === server).map(({ data }) => data.state);

  private async declared(event: CloudEvent): Promise<void> {
    this.declarations.push(event);
    if (this.answer === 'none') return;
    const declaration = event.data as unknown as ServerDeclaration;
    const { server, version } = declaration;
    await this.bus
      .admin()
      .ensureTopics([
        commandsTopicSpec(server, this.broker.prefix, { replicationFactor: 1, partitions: PARTITIONS }),
      ]);
    const answered = { declaration: event.id, server, version };
    const tasks = declaration.tasks.map(({ name }) => `${server}.${name}`);
    const answer: CloudEvent<object> =
      this.answer === 'accept'
        ? this.event(EventType.serverAccepted, { ...answered, tasks, unresolved: [], warnings: [] })
        : this.event(EventType.serverRejected, { ...answered, errors: ANSWER_ERRORS });
    await this.send([{ topic: this.topics.registrations, key: server, ...encodeStructured(answer) }]);
  }

  private event<T>(type: string, data: T, extensions: Record<string, unknown> = {}): CloudEvent<T> {
    const time = new Date().toISOString();
    return { specversion: '1.0', id: randomUUID(), source: '/cerebro/fake', type, time, data, ...extensions };
  }

  private async follow(topic: string, take: (seen: Seen) => void | Promise<void>): Promise<void> {
    this.bus.tail(topic, await this.ends(topic), (record) => {
      const decoded = decodeEvent(record);
      if (!decoded.ok) throw new Error(`${topic}: ${decoded.detail}`);
      return take({ record, event: decoded.event });
    });
  }

  private readonly ends = (topic: string): Promise<Map<number, bigint>> => this.bus.admin().endOffsets(topic);
}
