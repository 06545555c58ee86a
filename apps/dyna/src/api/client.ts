import type { RunRequest } from '@cordyna/protocol/model';
import { CliError } from '../cli-error.js';
import { eventStream, type StreamEvent } from './event-stream.js';
import type {
  Applied,
  Failure,
  Graph,
  JobDefinition,
  Page,
  Problem,
  Run,
  RunSummary,
  Schedule,
  SermosImport,
  SermosRequest,
  ServerSummary,
} from './types.js';

const REQUEST_MS = 15_000;
const READY_MS = 2_000;
const READY = 'ready';

/** An answer other than 2xx. */
export class HttpError extends CliError {
  /** Where the request is wrong. */
  readonly errors: NonNullable<Problem['errors']>;

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
    this.errors = problem.errors ?? [];
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

export interface PageFilter {
  readonly limit?: string;
  readonly cursor?: string;
}

export interface ApplyOptions {
  readonly dryRun?: boolean;
  readonly prune?: boolean;
  readonly author?: string;
  readonly reason?: string;
}

function query(filter: RunFilter | FailureFilter | PageFilter | ApplyOptions): string {
  const given = Object.entries(filter).filter(([, value]) => value !== undefined);
  return new URLSearchParams(
    given.map(([name, value]): [string, string] => [name, String(value)]),
  ).toString();
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

  schedules(filter: PageFilter): Promise<Page<Schedule>> {
    return this.#call('GET', `/api/v1/schedules?${query(filter)}`);
  }

  async preview(schedule: string): Promise<readonly string[]> {
    const path = `/api/v1/schedules/${encodeURIComponent(schedule)}/preview`;
    return (await this.#call<{ readonly due: readonly string[] }>('GET', path)).due;
  }

  /** Gives the run of `fire`. */
  actOnSchedule(
    schedule: string,
    action: 'pause' | 'resume' | 'fire',
    by: { readonly author?: string; readonly reason?: string },
  ): Promise<{ readonly run?: string }> {
    return this.#call('POST', `/api/v1/schedules/${encodeURIComponent(schedule)}/${action}`, by);
  }

  jobDefinitions(filter: PageFilter): Promise<Page<JobDefinition>> {
    return this.#call('GET', `/api/v1/job-definitions?${query(filter)}`);
  }

  async apply(file: string, options: ApplyOptions): Promise<Applied> {
    const path = `/api/v1/apply?${query(options)}`;
    return this.#json(await this.#send('POST', path, file, 'application/yaml'));
  }

  export(): Promise<string> {
    return this.#send('GET', '/api/v1/export');
  }

  importSermos(request: SermosRequest): Promise<SermosImport> {
    return this.#call('POST', '/api/v1/import/sermos', request);
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
    const text = body === undefined ? undefined : JSON.stringify(body);
    return this.#json(await this.#send(method, path, text));
  }

  #json<T>(text: string): T {
    const answer = parse(text);
    if (answer !== undefined) return answer as T;
    throw new CliError(
      `What answers at ${this.url} is not Cerebro.`,
      'Set CORDYNA_URL to where Cerebro runs.',
    );
  }

  /** The text of a good answer. */
  async #send(method: string, path: string, body?: string, type = 'application/json'): Promise<string> {
    const response = await fetch(`${this.url}${path}`, {
      method,
      headers: body === undefined ? {} : { 'content-type': type },
      body,
      signal: AbortSignal.timeout(REQUEST_MS),
    }).catch((cause: unknown) => {
      throw new CliError(
        `Cerebro does not answer at ${this.url}.`,
        'Start it with "npm start", or set CORDYNA_URL to where it runs.',
        { cause },
      );
    });
    const text = await response.text();
    if (response.ok) return text;
    const problem = (parse(text) ?? { detail: text.slice(0, 200) }) as Problem;
    throw new HttpError(response.status, problem, `${method} ${path.split('?')[0]}`);
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
