import type { RunRequest } from '@cordyna/protocol/model';
import { CliError } from '../cli-error.js';
import { eventStream, type StreamEvent } from './event-stream.js';
import type { Failure, Graph, Page, Problem, Run, RunSummary, ServerSummary } from './types.js';

const REQUEST_MS = 15_000;
const READY_MS = 2_000;
const READY = 'ready';

/** An answer other than 2xx. */
export class HttpError extends CliError {
  constructor(
    readonly status: number,
    problem: Problem,
    call: string,
  ) {
    const what = problem.detail ?? problem.title ?? `status ${status}`;
    super(
      `${call} was refused with ${status}: ${what}`,
      status >= 500 ? "Look into Cerebro's log." : 'Correct the request.',
    );
  }
}

export interface RunFilter {
  readonly state?: string;
  readonly task?: string;
  readonly job?: string;
  readonly limit?: string;
  readonly cursor?: string;
}

export interface FailureFilter {
  readonly kind?: string;
  readonly server?: string;
  readonly since?: string;
  readonly limit?: string;
  readonly cursor?: string;
}

function query(filter: RunFilter | FailureFilter): string {
  const given = Object.entries(filter).filter(([, value]) => value !== undefined);
  return new URLSearchParams(Object.fromEntries(given)).toString();
}

/** Cerebro's HTTP API, as far as dyna needs it. */
export class Api {
  constructor(readonly url: string) {}

  graph(): Promise<Graph> {
    return this.#call('GET', '/api/v1/graph');
  }

  servers(): Promise<readonly ServerSummary[]> {
    return this.#call('GET', '/api/v1/servers');
  }

  createRun(request: RunRequest): Promise<{ readonly run: string }> {
    return this.#call('POST', '/api/v1/runs', request);
  }

  runs(filter: RunFilter): Promise<Page<RunSummary>> {
    return this.#call('GET', `/api/v1/runs?${query(filter)}`);
  }

  failures(filter: FailureFilter): Promise<Page<Failure>> {
    return this.#call('GET', `/api/v1/failures?${query(filter)}`);
  }

  run(id: string): Promise<Run> {
    return this.#call('GET', `/api/v1/runs/${encodeURIComponent(id)}`);
  }

  /** History rows of a run as they come, over lost connections, until the signal aborts. */
  stream(run: string, signal: AbortSignal): AsyncGenerator<StreamEvent> {
    return eventStream(`${this.url}/api/v1/stream?run=${encodeURIComponent(run)}`, signal);
  }

  /** What `GET /health/ready` says: `ready`, or why not. */
  async readiness(): Promise<string> {
    try {
      const response = await fetch(`${this.url}/health/ready`, { signal: AbortSignal.timeout(READY_MS) });
      return response.status === 200 ? READY : await response.text();
    } catch {
      return 'it does not answer';
    }
  }

  async ready(): Promise<boolean> {
    return (await this.readiness()) === READY;
  }

  async #call<T>(method: string, path: string, body?: unknown): Promise<T> {
    const response = await fetch(`${this.url}${path}`, {
      method,
      headers: body === undefined ? {} : { 'content-type': 'application/json' },
      body: body === undefined ? undefined : JSON.stringify(body),
      signal: AbortSignal.timeout(REQUEST_MS),
    }).catch((cause: unknown) => {
      throw new CliError(
        `Cerebro does not answer at ${this.url}.`,
        'Start it with "npm start", or set CORDYNA_URL to where it runs.',
        { cause },
      );
    });
    const text = await response.text();
    const answer = parse(text);
    if (response.ok && answer !== undefined) return answer as T;
    if (response.ok) {
      throw new CliError(
        `What answers at ${this.url} is not Cerebro.`,
        'Set CORDYNA_URL to where Cerebro runs.',
      );
    }
    throw new HttpError(
      response.status,
      (answer ?? { detail: text.slice(0, 200) }) as Problem,
      `${method} ${path}`,
    );
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
