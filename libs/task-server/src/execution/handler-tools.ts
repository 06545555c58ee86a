import { createHash } from 'node:crypto';
import type { TaskLogger, TaskTools } from '../handler/task-tools.js';
import { busText } from '../handler/texts.js';
import type { LogLevel } from '../log.js';
import { errorText } from '../log.js';
import { runRequest } from './run-request.js';
import type { KeyedRequest } from './run-request.js';

/** Where the tools of one attempt put what they are given. */
export interface ToolSinks {
  /** Called at most every 200 ms, with the newest. */
  progress(percent: number, message: string | undefined): void;
  log(level: LogLevel, message: string, details: Readonly<Record<string, unknown>>): void;
  /** Resolves when Kafka has the request. */
  request(request: KeyedRequest): Promise<void>;
}

export interface HandlerTools {
  readonly tools: TaskTools;
  /** Passes on what progress still waits; afterwards nothing more is passed on. */
  end(): void;
}

const PROGRESS_EVERY_MS = 200;
const TEXT_BYTES = 8 * 1024;

export function handlerTools(
  server: string,
  invocation: string,
  /** Made when a handler asks for it: most do not, and there is one for each attempt. */
  signal: () => AbortSignal,
  sinks: ToolSinks,
): HandlerTools {
  const progress = new Progress(sinks.progress);
  let requests = 0;
  const invoke: TaskTools['invoke'] = async (target, request = {}) => {
    const idempotencyKey = request.idempotencyKey ?? derivedKey(invocation, requests);
    requests += 1;
    await sinks.request(runRequest(server, target, { ...request, idempotencyKey }));
    return { idempotencyKey };
  };
  const tools = new AttemptTools(
    loggerOn(sinks.log),
    (percent, message) => progress.report(percent, message),
    invoke,
    signal,
  );
  return { tools, end: () => progress.end() };
}

/** A class: an object literal with a getter takes V8 ten times as long to make, and there is one for each attempt. */
class AttemptTools implements TaskTools {
  readonly #signal: () => AbortSignal;

  constructor(
    readonly logger: TaskLogger,
    readonly progress: TaskTools['progress'],
    readonly invoke: TaskTools['invoke'],
    signal: () => AbortSignal,
  ) {
    this.#signal = signal;
  }

  get signal(): AbortSignal {
    return this.#signal();
  }
}

function loggerOn(log: ToolSinks['log']): TaskLogger {
  const at =
    (level: LogLevel) =>
    (message: string, details: Readonly<Record<string, unknown>> = {}): void =>
      log(level, message, details);
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}

/** The same for every delivery of an invocation; a hash, since keys are limited and invocations opaque. */
const derivedKey = (invocation: string, request: number): string =>
  createHash('sha256').update(`${invocation}\n${request}`).digest('hex').slice(0, 32);

/** A line as it goes on the bus. */
export const logText = (message: string, details: Readonly<Record<string, unknown>>): string =>
  busText(`${message}${Object.keys(details).length > 0 ? ` ${detailsText(details)}` : ''}`, TEXT_BYTES);

function detailsText(details: Readonly<Record<string, unknown>>): string {
  try {
    return JSON.stringify(details);
  } catch (error) {
    return `(details: ${errorText(error)})`;
  }
}

/** Lets the newest of many reports through, at once when there was none for a while. */
class Progress {
  private waiting: { percent: number; message: string | undefined } | undefined;
  private timer: NodeJS.Timeout | undefined;
  private ended = false;

  constructor(private readonly pass: ToolSinks['progress']) {}

  report(percent: number, message: string | undefined): void {
    if (this.ended || !Number.isFinite(percent)) return;
    this.waiting = {
      percent: Math.min(100, Math.max(0, percent)),
      message: message === undefined ? undefined : busText(message, TEXT_BYTES),
    };
    if (this.timer === undefined) this.passOn();
  }

  end(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    if (!this.ended && this.waiting) this.pass(this.waiting.percent, this.waiting.message);
    this.ended = true;
  }

  private passOn(): void {
    this.timer = undefined;
    if (!this.waiting) return;
    this.pass(this.waiting.percent, this.waiting.message);
    this.waiting = undefined;
    this.timer = setTimeout(() => this.passOn(), PROGRESS_EVERY_MS);
    this.timer.unref();
  }
}
