import { randomUUID } from 'node:crypto';
import type { Consumer, KafkaMessage, Producer } from 'kafkajs';
import { atEnd, awaitUntil, kafkaClient, createTopics } from '@cordyna/testkit';
import type { JsonObject } from '@cordyna/protocol/model';

export interface Seen {
  readonly topic: string;
  readonly partition: number;
  readonly key: string | null;
  readonly headers: Readonly<Record<string, string>>;
  readonly type: string;
  readonly id: string;
  readonly data: JsonObject;
}

export interface Invoke extends JsonObject {
  readonly invocation: string;
  readonly run: string;
  readonly task: string;
}

const EVENT_PARTITIONS = 12;

/** The coordinator's half of the protocol, said by a test line by line: it decides nothing by itself. */
export class ScriptedCoordinator {
  readonly seen: Seen[] = [];

  private constructor(
    readonly prefix: string,
    private readonly server: string,
    private readonly producer: Producer,
  ) {}

  static async start(
    brokers: readonly string[],
    prefix: string,
    server: string,
  ): Promise<ScriptedCoordinator> {
    const topics = [
      { topic: `${prefix}.declarations`, numPartitions: 1 },
      { topic: `${prefix}.registrations`, numPartitions: 1 },
      { topic: `${prefix}.events`, numPartitions: EVENT_PARTITIONS },
      { topic: `${prefix}.commands.${server}`, numPartitions: 1 },
    ];
    await createTopics(brokers, topics);
    const kafka = kafkaClient(brokers);
    const producer = kafka.producer({ allowAutoTopicCreation: false });
    await producer.connect();
    const coordinator = new ScriptedCoordinator(prefix, server, producer);
    const consumer = kafka.consumer({ groupId: `${prefix}.scripted`, maxWaitTimeInMs: 50 });
    await coordinator.watch(consumer);
    atEnd(`scripted coordinator of ${prefix}`, async () => {
      await consumer.disconnect();
      await producer.disconnect();
    });
    return coordinator;
  }

  private async watch(consumer: Consumer): Promise<void> {
    await consumer.connect();
    const topics = [`${this.prefix}.declarations`, `${this.prefix}.events`];
    await consumer.subscribe({ topics, fromBeginning: true });
    await consumer.run({
      eachMessage: async ({ topic, partition, message }) => {
        this.seen.push(read(topic, partition, message));
      },
    });
  }

  /** The `count`th declaration that came (from 1). */
  declaration(count = 1): Promise<Seen> {
    const declared = (): Seen | undefined => this.ofType('cordyna.server.declared.v1')[count - 1];
    return awaitUntil(`declaration ${count} is seen`, declared, { timeoutMs: 20_000 });
  }

  async answer(declaration: string, type: string, data: JsonObject): Promise<void> {
    const topic = `${this.prefix}.registrations`;
    await this.say(topic, this.server, type, { declaration, server: this.server, ...data });
  }

  accept(declaration: string, tasks: readonly string[]): Promise<void> {
    return this.answer(declaration, 'cordyna.server.accepted.v1', { tasks, unresolved: [], warnings: [] });
  }

  /** Sends an invoke with what `more` says; the rest is as Cerebro would send it. */
  async invoke(task: string, more: JsonObject = {}): Promise<Invoke> {
    const data: Invoke = {
      invocation: randomUUID(),
      run: randomUUID(),
      task,
      attempt: 1,
      item: null,
      args: {},
      inputs: {},
      trigger: { kind: 'request' },
      timeouts: { ackMs: 10_000, startMs: 600_000, completeMs: 1_800_000 },
      expiresAt: new Date(Date.now() + 10_000).toISOString(),
      lease: randomUUID(),
      ...more,
    };
    await this.command('cordyna.task.invoke.v1', data);
    return data;
  }

  cancel({ invocation, run, task }: Invoke): Promise<void> {
    return this.command('cordyna.task.cancel.v1', { invocation, run, task, reason: 'the test says so' });
  }

  command(type: string, data: JsonObject): Promise<void> {
    return this.say(`${this.prefix}.commands.${this.server}`, null, type, data);
  }

  async raw(value: string | null): Promise<void> {
    await this.producer.send({ topic: `${this.prefix}.commands.${this.server}`, messages: [{ value }] });
  }

  /** Types of the updates of one invocation, in order, without `cordyna.task.` and `.v1`. */
  updates(invocation: string): string[] {
    return this.of(invocation).map(({ type }) => type.slice('cordyna.task.'.length, -'.v1'.length));
  }

  of(invocation: string): Seen[] {
    return this.seen.filter(({ data }) => data['invocation'] === invocation);
  }

  ofType(type: string): Seen[] {
    return this.seen.filter((event) => event.type === type);
  }

  until(invocation: string, updates: readonly string[]): Promise<true> {
    const wanted = updates.join(' ');
    return awaitUntil(`${invocation} is ${wanted}, and not ${this.updates(invocation).join(' ')}`, () =>
      this.updates(invocation).join(' ') === wanted ? true : undefined,
    );
  }

  /** Structured mode, as Cerebro sends. */
  private async say(topic: string, key: string | null, type: string, data: JsonObject): Promise<void> {
    const event = { specversion: '1.0', id: randomUUID(), source: '/cerebro/scripted', type, data };
    const headers = { 'content-type': 'application/cloudevents+json; charset=UTF-8' };
    await this.producer.send({ topic, messages: [{ key, value: JSON.stringify(event), headers }] });
  }
}

function read(topic: string, partition: number, message: KafkaMessage): Seen {
  const headers = Object.fromEntries(
    Object.entries(message.headers ?? {}).map(([name, value]) => [name, String(value)]),
  );
  return {
    topic,
    partition,
    key: message.key?.toString() ?? null,
    headers,
    type: headers['ce_type'] ?? '',
    id: headers['ce_id'] ?? '',
    data: JSON.parse(message.value?.toString() ?? '{}') as JsonObject,
  };
}
