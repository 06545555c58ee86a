import type { TaskDefinition } from '../handler/handler.js';
import type { Outcome } from '../handler/outcome.js';
import { outcomeOfOutput, outcomeOfThrown } from '../handler/outcome.js';
import { taskEventOf } from '../handler/task-event.js';
import type { TaskTools } from '../handler/task-tools.js';
import type { TaskServerLog } from '../log.js';
import { errorText } from '../log.js';
import type { Senders } from '../messages/senders.js';
import type { ServerMessages } from '../messages/server-messages.js';
import { handlerTools, logText } from './handler-tools.js';
import type { HandlerTools } from './handler-tools.js';
import type { ServerHooks } from './hooks.js';
import type { Work, WorkLedger } from './work-ledger.js';

export interface ExecutorParts {
  readonly server: string;
  readonly definition: (task: string) => TaskDefinition | undefined;
  readonly hooks: () => ServerHooks;
  readonly ledger: WorkLedger;
  readonly messages: ServerMessages;
  readonly senders: Senders;
  readonly log: TaskServerLog;
  /** Something began or ended. */
  readonly changed: () => void;
}

/** Handlers are called for so long in one turn of the event loop; the rest after what was said has left. */
const TURN_MS = 5;
const CONGESTION_CHECK_MS = 50;

/** Runs handlers, at most `concurrency` at once, and says how each began and ended. */
export class Executor {
  private readonly begun: Work[] = [];
  private beginning = false;
  private turnBeganAtMs: number | undefined;
  private congestion: NodeJS.Timeout | undefined;
  private idle: (() => void)[] = [];

  constructor(private readonly parts: ExecutorParts) {}

  /** Says `started` and calls the handler soon. @returns the acknowledgement of `started` */
  begin(work: Work): Promise<void> {
    const { senders, messages } = this.parts;
    const acknowledged = senders.updates.send(messages.started(work));
    work.onBegun?.(acknowledged);
    this.begun.push(work);
    if (!this.beginning) {
      this.beginning = true;
      queueMicrotask(() => this.callHandlers());
    }
    this.parts.changed();
    return acknowledged;
  }

  /** Resolves when no handler runs any more. */
  whenIdle(): Promise<void> {
    return this.parts.ledger.started === 0
      ? Promise.resolve()
      : new Promise((resolve) => this.idle.push(resolve));
  }

  /**
   * One after the other, giving way to the sender and the sockets: a handler that computes without waiting delays the
   * acknowledgement of what came with it by itself, not by all of them, nor by what follows it from the queue.
   */
  private callHandlers(): void {
    if (this.turnBeganAtMs === undefined) {
      this.turnBeganAtMs = performance.now();
      setImmediate(() => (this.turnBeganAtMs = undefined));
    }
    while (this.begun.length > 0) {
      if (performance.now() - this.turnBeganAtMs > TURN_MS) {
        setImmediate(() => this.callHandlers());
        return;
      }
      void this.run(this.begun.shift()!);
    }
    this.beginning = false;
  }

  private async run(work: Work): Promise<void> {
    const helpers = this.toolsFor(work);
    let outcome: Outcome;
    try {
      outcome = outcomeOfOutput(await this.call(work, helpers.tools));
    } catch (thrown) {
      outcome = outcomeOfThrown(thrown, work.abort.signal.aborted);
    }
    helpers.end();
    this.report(work, outcome);
    this.parts.ledger.finish(work, Date.now());
    this.beginNext();
    this.parts.changed();
    if (this.parts.ledger.started === 0) for (const resolve of this.idle.splice(0)) resolve();
  }

  /** @returns what the handler does; throws what it throws */
  private call(work: Work, tools: TaskTools): unknown {
    const { command, traceparent } = work;
    const { handler } = this.parts.definition(command.task)!;
    const event = taskEventOf(command, traceparent);
    const { beforeHandler } = this.parts.hooks();
    if (beforeHandler === undefined) return handler({ event, tools });
    return Promise.resolve(beforeHandler(event, work.abort.signal)).then(() => handler({ event, tools }));
  }

  private toolsFor(work: Work): HandlerTools {
    const { server, messages, senders, log } = this.parts;
    const { invocation, run, task, attempt } = work.command;
    let ended = false;
    const helpers = handlerTools(server, invocation, () => work.abort.signal, {
      progress: (percent, message) =>
        senders.updates.sendDroppable(messages.progress(work, percent, message)),
      log: (level, message, details) => {
        log(level, message, { task, run, attempt, ...details });
        if (!ended) senders.updates.sendDroppable(messages.log(work, level, logText(message, details)));
      },
      request: (request) => senders.requests.send(messages.runRequested(request, work.traceparent)),
    });
    return {
      tools: helpers.tools,
      end: () => {
        helpers.end();
        ended = true;
      },
    };
  }

  private report(work: Work, outcome: Outcome): void {
    const { senders, messages, log } = this.parts;
    const { task, run, attempt } = work.command;
    if (outcome.kind === 'error') {
      const { code, message } = outcome.error;
      log('warn', `task failed: ${message}`, { task, run, attempt, code });
      senders.updates.post(messages.error(work, outcome.error), (error) => this.lost(work, error));
      return;
    }
    senders.updates.post(messages.completed(work, outcome.text), (error) => {
      if (error.code !== 'send_refused') return this.lost(work, error);
      const refusal = { code: 'output_refused', message: errorText(error), retryable: false };
      senders.updates.post(messages.error(work, refusal), (another) => this.lost(work, another));
    });
  }

  /** Only when the process ends with a broker that is away, or the broker's limits are below the protocol's. */
  private lost(work: Work, error: unknown): void {
    const { task, run, attempt } = work.command;
    this.parts.log('error', `an update could not be sent: ${errorText(error)}`, { task, run, attempt });
  }

  /** Begins what waits, as far as there is room; while the broker takes nothing, what waits waits on. */
  beginNext(): void {
    const { ledger, senders, log } = this.parts;
    const tooLate = ({ command: { task, run, attempt } }: Work): void =>
      log('warn', 'not begun: it waited longer than its startMs', { task, run, attempt });
    while (!senders.updates.isCongested) {
      const work = ledger.next(Date.now(), tooLate);
      if (!work) return;
      this.begin(work).catch((error: unknown) => this.lost(work, error));
    }
    this.congestion ??= setTimeout(() => {
      this.congestion = undefined;
      this.beginNext();
    }, CONGESTION_CHECK_MS);
  }
}
