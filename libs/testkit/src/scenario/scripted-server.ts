import { randomUUID } from 'node:crypto';
import { createBus } from '@cordyna/bus';
import {
  EventType,
  type CancelCommand,
  type InvokeCommand,
  type JsonObject,
  type ServerDeclaration,
} from '@cordyna/protocol/model';
import { awaitUntil } from '../await-until.js';
import { atEnd } from '../closers.js';
import { listTopics } from '../topics.js';
import { outside, type Written } from './outside.js';

const TOPIC_MS = 60_000;

type Update = 'queued' | 'started' | 'progress' | 'log' | 'completed' | 'error';

/** A task server that does nothing by itself: the test says what it says. */
export interface ScriptedServer {
  readonly instance: string;
  readonly invokes: readonly InvokeCommand[];
  readonly cancels: readonly CancelCommand[];
  /** Waits for the invoke of this task and attempt in this run. */
  untilInvoked(run: string, task: string, attempt?: number, timeoutMs?: number): Promise<InvokeCommand>;
  /** Says something of an attempt. `more` wins over what the command says, to lie. */
  say(command: InvokeCommand, update: Update, more?: JsonObject): Promise<Written>;
  declare(declaration: ServerDeclaration): Promise<string>;
}

const TYPES: Readonly<Record<Update, string>> = {
  queued: EventType.taskQueued,
  started: EventType.taskStarted,
  progress: EventType.taskProgress,
  log: EventType.taskLog,
  completed: EventType.taskCompleted,
  error: EventType.taskError,
};

/** Declares itself without heartbeats and reads its commands; resolves when its command topic exists. */
export async function scriptedServer(
  brokers: readonly string[],
  prefix: string,
  declaration: ServerDeclaration,
): Promise<ScriptedServer> {
  const { server } = declaration;
  const instance = `${server}-${randomUUID().slice(0, 8)}`;
  const bus = await outside(brokers, prefix);
  const invokes: InvokeCommand[] = [];
  const cancels: CancelCommand[] = [];

  async function declare(next: ServerDeclaration): Promise<string> {
    const id = randomUUID();
    await bus.write('declarations', [
      bus.declaration(next, { id, source: `/servers/${server}/${instance}` }),
    ]);
    return id;
  }

  async function listen(): Promise<void> {
    const topic = `${prefix}.commands.${server}`;
    await awaitUntil(`${topic} exists`, async () => (await listTopics(brokers, prefix)).includes(topic), {
      timeoutMs: TOPIC_MS,
    });
    // The only instance, so it needs no group: an outage of the broker must not depend on how well this one gets over it.
    const reader = createBus({ brokers, clientId: instance, log: () => undefined });
    atEnd(`scripted ${server}`, () => reader.close());
    const partitions = await reader.admin().partitions(topic);
    const beginning = new Map(Array.from({ length: partitions }, (_, partition) => [partition, 0n]));
    reader.tail(topic, beginning, ({ value }) => {
      const { type, data } = JSON.parse(String(value)) as { type: string; data: unknown };
      if (type === EventType.taskInvoke) invokes.push(data as InvokeCommand);
      if (type === EventType.taskCancel) cancels.push(data as CancelCommand);
    });
  }

  await declare(declaration);
  await listen();
  return {
    instance,
    invokes,
    cancels,
    declare,
    untilInvoked: (run, task, attempt = 1, timeoutMs = 20_000) =>
      awaitUntil(
        `${task} of ${run} is invoked, attempt ${attempt}`,
        () => invokes.find((one) => one.run === run && one.task === task && one.attempt === attempt),
        { timeoutMs },
      ),
    async say({ invocation, run, task, attempt, lease }, update, more = {}) {
      const data = { invocation, run, task, attempt, lease, instance, ...more };
      const source = `/servers/${server}/${instance}`;
      const record = { ...bus.event(TYPES[update], data, { source }), key: run };
      const [written] = await bus.write('events', [record]);
      return written as Written;
    },
  };
}
