import { randomUUID } from 'node:crypto';
import type {
  DeclarationAccepted,
  JobDeclaration,
  JsonObject,
  ServerDeclaration,
} from '@cordyna/protocol/model';
import { EventType } from '@cordyna/protocol/model';
import { validateData } from '@cordyna/protocol/wire';
import { declareJob } from '../declaration/declare-job.js';
import { checkName, declareTask } from '../declaration/declare-task.js';
import type { JobOptions, ServerDescription, TaskOptions } from '../declaration/options.js';
import { InvalidDeclarationError, TaskServerError } from '../errors.js';
import { hooksOf } from '../execution/hooks.js';
import { runRequest } from '../execution/run-request.js';
import type { TaskDefinition, TaskHandler } from '../handler/handler.js';
import type { InvokeRequest, InvokeTarget, RequestedRun } from '../handler/task-tools.js';
import { InstanceProcess } from '../lifecycle/instance-process.js';
import type { RuntimeOptions } from '../lifecycle/options.js';
import { runtimeOf } from '../lifecycle/runtime.js';
import { exitSoon, stopOnSignals } from '../lifecycle/signals.js';

export type TaskServerOptions = ServerDescription & RuntimeOptions;

/** A task server as a team writes it: declare tasks and jobs, then start. */
export class TaskServer {
  private readonly definitions = new Map<string, TaskDefinition>();
  private readonly jobs = new Map<string, JobDeclaration>();
  private process: InstanceProcess | undefined;
  private removeSignals: (() => void) | undefined;
  private endsBySignal = false;

  /** @throws InvalidDeclarationError for a name that the protocol does not take */
  constructor(private readonly options: TaskServerOptions) {
    checkName('the task server', options.name);
  }

  get name(): string {
    return this.options.name;
  }

  /** Unique per start; undefined before it. */
  get instance(): string | undefined {
    return this.process?.identity.instance;
  }

  /**
   * Declares a task and what runs it.
   * @throws InvalidDeclarationError that names the place and what to write instead
   */
  task<Args = JsonObject>(name: string, handler: TaskHandler<Args>): this;
  task<Args = JsonObject>(name: string, options: TaskOptions, handler: TaskHandler<Args>): this;
  task<Args = JsonObject>(
    name: string,
    second: TaskOptions | TaskHandler<Args>,
    third?: TaskHandler<Args>,
  ): this {
    const [options, handler] = typeof second === 'function' ? [{}, second] : [second, third];
    this.mustNotHaveStarted(`task "${name}"`);
    const declaration = declareTask(this.name, name, options);
    if (this.definitions.has(name)) {
      throw new InvalidDeclarationError(
        `task "${this.name}.${name}"`,
        'it is declared already; give one another name',
      );
    }
    if (typeof handler !== 'function') {
      throw new InvalidDeclarationError(
        `task "${this.name}.${name}"`,
        'it has no handler; add a function as the last argument',
      );
    }
    this.definitions.set(name, { declaration, handler: handler as TaskHandler });
    return this;
  }

  /** Declares a job: tasks, of any server, that are invoked together. @throws InvalidDeclarationError */
  job(name: string, options: JobOptions): this {
    this.mustNotHaveStarted(`job "${name}"`);
    const declaration = declareJob(this.name, name, options);
    if (this.jobs.has(name)) {
      throw new InvalidDeclarationError(
        `job "${this.name}.${name}"`,
        'it is declared already; give one another name',
      );
    }
    this.jobs.set(name, declaration);
    return this;
  }

  /** What is sent to Cerebro. @throws InvalidDeclarationError when the protocol does not take it */
  declaration(): ServerDeclaration {
    const { name, version, team, contact, description } = this.options;
    const about = Object.entries({ version, team, contact, description }).filter(
      ([, value]) => value !== undefined,
    );
    const declaration: ServerDeclaration = {
      server: name,
      ...Object.fromEntries(about),
      tasks: [...this.definitions.values()].map((definition) => definition.declaration),
      ...(this.jobs.size > 0 ? { jobs: [...this.jobs.values()] } : {}),
    };
    const checked = validateData(EventType.serverDeclared, JSON.parse(JSON.stringify(declaration)));
    if (checked.ok) return declaration;
    const list = checked.errors.map(({ path, message }) => `${path || '/'}: ${message}`).join('; ');
    throw new InvalidDeclarationError(`server "${name}"`, list);
  }

  /** By bare or qualified name. */
  definitionOf(task: string): TaskDefinition | undefined {
    const prefix = `${this.name}.`;
    return this.definitions.get(task.startsWith(prefix) ? task.slice(prefix.length) : task);
  }

  /**
   * Declares the server to Cerebro and takes commands. Resolves when Cerebro has accepted; waits as long as it takes while
   * Cerebro or the broker are away. Stays pending when a signal ends the process first (see `handleSignals`).
   * @throws DeclarationRejectedError with every error that Cerebro found; the server does not run
   * @throws TaskServerError `invalid_options`, `invalid_state`
   */
  async start(): Promise<DeclarationAccepted> {
    if (this.process)
      throw new TaskServerError('invalid_state', `task server "${this.name}" was started already`);
    const runtime = runtimeOf(this.name, this.options);
    const declaration = this.declaration();
    const tasks = new Map(
      [...this.definitions].map(([name, definition]) => [`${this.name}.${name}`, definition]),
    );
    const instance = new InstanceProcess({
      runtime,
      declaration,
      definition: (task) => tasks.get(task),
      hooks: () => hooksOf(this),
      failed: (error) => this.failed(error),
    });
    this.process = instance;
    if (this.options.handleSignals ?? true) {
      const stop = (): Promise<void> => {
        this.endsBySignal = true;
        return this.stop();
      };
      this.removeSignals = stopOnSignals(stop, runtime.log);
    }
    try {
      return await instance.start();
    } catch (error) {
      await this.stop();
      // The process is about to end, and what would follow the start must not begin.
      if (this.endsBySignal) return new Promise(() => undefined);
      throw error;
    }
  }

  /**
   * Requests a run, outside of any handler (in one, use `tools.invoke`); resolves when Kafka has the request. Without an
   * `idempotencyKey` of its own each call asks for another run.
   * @throws TaskServerError `invalid_request`, or `invalid_state` before start() was called
   */
  async invoke(target: InvokeTarget, request: InvokeRequest = {}): Promise<RequestedRun> {
    if (!this.process) {
      throw new TaskServerError('invalid_state', `task server "${this.name}" has not been started`);
    }
    const idempotencyKey = request.idempotencyKey ?? randomUUID();
    await this.process.request(runRequest(this.name, target, { ...request, idempotencyKey }));
    return { idempotencyKey };
  }

  /**
   * Leaves the group, hands back what was not begun, waits for running handlers (at most `drainMs`), says `offline`.
   * Never rejects; a server that was stopped cannot be started again.
   */
  async stop(): Promise<void> {
    await this.process?.stop();
    this.removeSignals?.();
  }

  private failed(error: TaskServerError): void {
    const log = runtimeOf(this.name, this.options).log;
    log('error', error.message, { code: error.code });
    void this.stop().finally(() => {
      this.options.onFailed?.(error);
      if (this.options.handleSignals ?? true) exitSoon(1);
    });
  }

  private mustNotHaveStarted(place: string): void {
    if (!this.process) return;
    throw new InvalidDeclarationError(
      place,
      'the server has started; declare everything before start() is called',
    );
  }
}

/**
 * A task server: `createTaskServer({ name, brokers }).task('extract', { every: '60s' }, async ({ event, tools }) => …)`,
 * then `await server.start()`.
 * @throws InvalidDeclarationError for a name that the protocol does not take
 */
export const createTaskServer = (options: TaskServerOptions): TaskServer => new TaskServer(options);
