import { BusError, createBus } from '@cordyna/bus';
import type { Bus, BusConsumer } from '@cordyna/bus';
import type { DeclarationAccepted, ServerDeclaration } from '@cordyna/protocol/model';
import type { Topics } from '@cordyna/protocol/wire';
import { topicsOf } from '@cordyna/protocol/wire';
import { TaskServerError } from '../errors.js';
import { CommandIntake } from '../execution/command-intake.js';
import type { ServerHooks } from '../execution/hooks.js';
import { Executor } from '../execution/executor.js';
import type { KeyedRequest } from '../execution/run-request.js';
import { WorkLedger } from '../execution/work-ledger.js';
import type { TaskDefinition } from '../handler/handler.js';
import { newInstance } from '../messages/instance.js';
import type { InstanceIdentity } from '../messages/instance.js';
import { Senders } from '../messages/senders.js';
import { ServerMessages } from '../messages/server-messages.js';
import { drain } from './drain.js';
import { Heartbeats } from './heartbeats.js';

import { register } from './registration.js';
import type { Runtime } from './runtime.js';

/** Protocol, rule 2: Kafka's default lower bound, so that a killed instance's partitions move on soon. */
const SESSION_TIMEOUT_MS = 6_000;
/** What was acknowledged and not committed runs again elsewhere when this process is killed. */
const COMMIT_EVERY_MS = 200;
const MEMORY_SWEEP_MS = 10_000;

export interface InstanceParts {
  readonly runtime: Runtime;
  readonly declaration: ServerDeclaration;
  readonly definition: (task: string) => TaskDefinition | undefined;
  readonly hooks: () => ServerHooks;
  /** The bus is lost for good. */
  readonly failed: (error: TaskServerError) => void;
}

/** One instance of a task server from its start to its end: the ten rules, put together. */
export class InstanceProcess {
  readonly identity: InstanceIdentity;
  private readonly topics: Topics;
  private readonly bus: Bus;
  private readonly senders: Senders;
  private readonly ledger: WorkLedger;
  private readonly messages: ServerMessages;
  private readonly executor: Executor;
  private readonly heartbeats: Heartbeats;
  private readonly starting = new AbortController();
  private consumer: BusConsumer | undefined;
  private sweep: NodeJS.Timeout | undefined;
  private begun: Promise<DeclarationAccepted> | undefined;
  private ended: Promise<void> | undefined;

  constructor(private readonly parts: InstanceParts) {
    const { runtime, declaration, definition, hooks } = parts;
    const { log } = runtime;
    this.identity = newInstance(declaration.server);
    this.topics = topicsOf(runtime.topicPrefix);
    this.bus = createBus(runtime.bus);
    this.senders = new Senders(this.bus, log);
    this.ledger = new WorkLedger(runtime);
    this.messages = new ServerMessages(this.topics, this.identity);
    this.heartbeats = new Heartbeats((state) => this.senders.heartbeats.send(this.heartbeat(state)));
    this.executor = new Executor({
      server: declaration.server,
      definition,
      hooks,
      ledger: this.ledger,
      messages: this.messages,
      senders: this.senders,
      log,
      changed: () => this.heartbeats.changed(),
    });
  }

  /** Resolves when the server is registered and takes commands. */
  start(): Promise<DeclarationAccepted> {
    this.begun ??= this.run().catch((error: unknown) => {
      throw error instanceof BusError ? busFailed(error) : error;
    });
    return this.begun;
  }

  /** Drains, says `offline`, closes. Resolves in any case, and the second call waits for the first. */
  stop(): Promise<void> {
    return (this.ended ??= this.end());
  }

  /** Resolves when Kafka has the request. */
  request(request: KeyedRequest): Promise<void> {
    return this.senders.requests.send(this.messages.runRequested(request));
  }

  private async run(): Promise<DeclarationAccepted> {
    const { runtime, declaration } = this.parts;
    runtime.log('info', `${declaration.server} registers`, { brokers: runtime.bus.brokers.join(',') });
    const registered = register({
      bus: this.bus,
      publisher: this.bus.publisher(),
      messages: this.messages,
      topics: this.topics,
      declaration,
      log: runtime.log,
      signal: this.starting.signal,
    });
    // What the bus still tries ends when it is closed.
    const accepted = await unlessAborted(registered, this.starting.signal);
    for (const warning of accepted.warnings) runtime.log('warn', warning, {});
    this.starting.signal.throwIfAborted();
    const consumer = this.bus.consumer(this.consumerOptions());
    this.consumer = consumer;
    const giveUp = (): void => void consumer.stop();
    this.starting.signal.addEventListener('abort', giveUp);
    await consumer.start().finally(() => this.starting.signal.removeEventListener('abort', giveUp));
    this.starting.signal.throwIfAborted();
    this.heartbeats.start();
    this.sweep = setInterval(() => this.keepHouse(), MEMORY_SWEEP_MS);
    this.sweep.unref();
    const { server, instance } = this.identity;
    const { tasks, unresolved } = accepted;
    runtime.log('info', `${server} is online`, { instance, tasks: tasks.length, unresolved });
    return accepted;
  }

  private consumerOptions(): Parameters<Bus['consumer']>[0] {
    const { definition, hooks, runtime } = this.parts;
    const intake = new CommandIntake({
      definition,
      hooks,
      ledger: this.ledger,
      executor: this.executor,
      messages: this.messages,
      senders: this.senders,
      deadLetters: this.topics.deadLetters,
      log: runtime.log,
      changed: () => this.heartbeats.changed(),
    });
    const { server } = this.identity;
    return {
      group: this.topics.serverGroup(server),
      topics: [this.topics.commands(server)],
      fromBeginning: true,
      sessionTimeoutMs: SESSION_TIMEOUT_MS,
      commitEveryMs: COMMIT_EVERY_MS,
      onBatch: intake.onBatch,
      onState: (state, reason) => {
        if (reason) runtime.log('warn', `the consumer is ${state}: ${reason.message}`, { code: reason.code });
      },
      onFailed: (reason) => this.parts.failed(busFailed(reason)),
    };
  }

  private async end(): Promise<void> {
    this.starting.abort(
      new TaskServerError('invalid_state', 'the task server was stopped before it had started'),
    );
    await this.begun?.catch(() => undefined);
    clearInterval(this.sweep);
    const { ledger, executor, senders, heartbeats, messages, consumer } = this;
    const { drainMs, log } = this.parts.runtime;
    // Without a consumer nothing was ever taken on.
    if (consumer) {
      await drain({ ledger, executor, senders, heartbeats, messages, consumer, drainMs, log });
    }
    heartbeats.stop();
    senders.close();
    await this.bus.close();
  }

  private heartbeat(state: 'online' | 'draining' | 'offline'): ReturnType<ServerMessages['heartbeat']> {
    const { concurrency, queueLimit } = this.parts.runtime;
    const { queued, started } = this.ledger;
    return this.messages.heartbeat({ state, capacity: concurrency, queueLimit, queued, started });
  }

  private keepHouse(): void {
    this.ledger.forget(Date.now());
    const dropped = this.senders.updates.takeDropped();
    if (dropped > 0) this.parts.runtime.log('warn', 'log and progress messages were dropped', { dropped });
  }
}

const busFailed = (cause: BusError): TaskServerError =>
  new TaskServerError('bus_failed', `the bus is lost for good: ${cause.message}`, { cause, retriable: true });

function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
    work.then(resolve, reject);
  });
}
