import { randomUUID } from 'node:crypto';
import { EventType, serverOf, type InvokeCommand, type JsonObject } from '@cordyna/protocol/model';
import { createTaskServer } from '@cordyna/task-server';
import type { JobOptions, TaskHandler, TaskOptions, TaskServer } from '@cordyna/task-server';
import { dumpTopic, kafkaClient, startCerebro, testBroker, testDatabase } from '@cordyna/testkit';
import type { Api, ApiRun, DumpedRecord, StartedCerebro, TestBroker } from '@cordyna/testkit';
import { expectFoldGivesState } from './fold.js';

/** A record of a topic, its value a CloudEvent in structured mode. */
export interface Said {
  readonly record: DumpedRecord;
  readonly type: string;
  readonly source: string;
  readonly subject: string | null;
  readonly data: JsonObject;
}

/** A task with its handler; without one it completes with `{ [<name>]: true }`. */
export type Tasks = Readonly<Record<string, TaskOptions & { readonly handler?: TaskHandler }>>;

export interface Calls {
  /** `begin` and `end` of handlers, in the order in which they happened in this process. */
  readonly log: {
    readonly run: string;
    readonly task: string;
    readonly attempt: number;
    readonly what: string;
  }[];
}

/**
 * Coordinators, and task servers of the SDK in this process, on a Kafka prefix and a database of their own. Servers are
 * named first and started together when the setting opens.
 */
export class Setting {
  readonly calls: Calls['log'] = [];
  private readonly servers: TaskServer[] = [];
  private cerebros: readonly StartedCerebro[] = [];
  private broker: TestBroker = { brokers: [], prefix: '' };
  private requests = 0;
  private readonly planned: (() => TaskServer)[] = [];

  constructor(private readonly coordinators: number) {}

  /** Has a server declared and started when the setting opens. */
  server(name: string, tasks: Tasks, jobs: Readonly<Record<string, JobOptions>> = {}): this {
    this.planned.push(() => this.made(name, tasks, jobs));
    return this;
  }

  async open(): Promise<void> {
    const [broker, database] = await Promise.all([testBroker(), testDatabase()]);
    this.broker = broker;
    const started = Array.from({ length: this.coordinators }, () =>
      startCerebro({ ...broker, databaseUrl: database.url, readyMs: 60_000 }),
    );
    this.cerebros = await Promise.all(started);
    this.servers.push(...this.planned.map((make) => make()));
    await Promise.all(this.servers.map((server) => server.start()));
  }

  async close(): Promise<void> {
    await Promise.all(this.servers.map((server) => server.stop()));
    await Promise.all(this.cerebros.map(({ process }) => process.stop()));
  }

  get brokers(): readonly string[] {
    return this.broker.brokers;
  }

  get prefix(): string {
    return this.broker.prefix;
  }

  /** Another coordinator for each call, so that none can rely on what only it knows. */
  get api(): Api {
    const cerebro = this.cerebros[(this.requests += 1) % this.cerebros.length];
    return (cerebro as StartedCerebro).api;
  }

  /** CloudEvents source of a server's instance. */
  sourceOf(name: string): string {
    return `/servers/${name}/${this.servers.find((server) => server.name === name)?.instance}`;
  }

  private made(name: string, tasks: Tasks, jobs: Readonly<Record<string, JobOptions>>): TaskServer {
    const { brokers, prefix: topicPrefix } = this;
    const runtime = { brokers, topicPrefix, concurrency: 50, handleSignals: false, log: () => undefined };
    const server = createTaskServer({ name, ...runtime });
    for (const [task, { handler = () => ({ [task]: true }), ...options }] of Object.entries(tasks)) {
      server.task(task, options, this.noting(handler));
    }
    for (const [job, options] of Object.entries(jobs)) server.job(job, options);
    return server;
  }

  private noting =
    (handler: TaskHandler): TaskHandler =>
    async (context) => {
      const { run, task, attempt } = context.event;
      const note = (what: string): number => this.calls.push({ run, task, attempt, what });
      note('begin');
      try {
        return await handler(context);
      } finally {
        note('end');
      }
    };

  /** Waits for the run's end, and checks of every run that its history folds to its state. */
  async finished(run: string, timeoutMs = 30_000): Promise<ApiRun> {
    const found = await this.api.untilFinished(run, timeoutMs);
    await this.checkFold(run);
    return found;
  }

  async run(request: Parameters<Api['createRun']>[0]): Promise<ApiRun> {
    return this.finished(await this.api.createRun(request));
  }

  checkFold = (run: string): Promise<void> =>
    expectFoldGivesState(
      this.api,
      run,
      this.servers.map((server) => server.declaration()),
    );

  /** What a topic says about a run, by partition and offset. */
  async said(topic: string, run: string): Promise<Said[]> {
    const records = await dumpTopic(this.brokers, `${this.prefix}.${topic}`);
    const said = records.map((record) => ({
      record,
      ...(JSON.parse(record.value ?? '{}') as Omit<Said, 'record'>),
    }));
    return said.filter(({ data }) => data['run'] === run);
  }

  /** The invoke commands of a run on the topics of these servers, in the order of their stamps. */
  async invokes(
    run: string,
    servers: readonly string[],
  ): Promise<(Said & { readonly command: InvokeCommand })[]> {
    const topics = await Promise.all(servers.map((server) => this.said(`commands.${server}`, run)));
    return topics
      .flat()
      .filter(({ type }) => type === EventType.taskInvoke)
      .map((said) => ({ ...said, command: said.data as unknown as InvokeCommand }))
      .sort((a, b) => a.record.timestampMs - b.record.timestampMs);
  }

  /** Tasks with attempts, as they were invoked, sorted by name. */
  async attempts(run: string, servers: readonly string[]): Promise<string[]> {
    const invokes = await this.invokes(run, servers);
    return invokes.map(({ command: { task, attempt } }) => `${task} ${attempt}`).sort();
  }

  /** Says something about an attempt in a server's name, by hand and with the right lease. */
  async report(command: InvokeCommand, report: string, more: JsonObject): Promise<void> {
    const { invocation, run, task, attempt, lease } = command;
    const producer = kafkaClient(this.brokers).producer();
    await producer.connect();
    try {
      const value = JSON.stringify({
        specversion: '1.0',
        id: randomUUID(),
        source: `/servers/${serverOf(task)}/by-hand`,
        type: `cordyna.task.${report}.v1`,
        data: { invocation, run, task, attempt, lease, instance: 'by-hand', ...more },
      });
      await producer.send({ topic: `${this.prefix}.events`, messages: [{ key: run, value }] });
    } finally {
      await producer.disconnect();
    }
  }
}

/** task → state */
export const statesOf = (run: ApiRun): Record<string, string> =>
  Object.fromEntries(run.tasks.filter(({ item }) => item === null).map(({ task, state }) => [task, state]));

export const taskOf = (run: ApiRun, name: string, item?: number): ApiRun['tasks'][number] => {
  const found = run.tasks.find(({ task, item: of }) => task === name && of?.index === item);
  if (!found) throw new Error(`${name} ${item ?? ''} is not in the run ${run.run}`);
  return found;
};

/** A door that a handler waits at until a test opens it. */
export class Gate {
  open: () => void = () => undefined;
  readonly passed = new Promise<void>((resolve) => (this.open = resolve));
}
