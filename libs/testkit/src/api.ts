import { RUN_STATES, type RunRequest, type RunState } from '@cordyna/protocol/model';
import type {
  ApiDeadLetter,
  ApiGraph,
  ApiHistoryRow,
  ApiPage,
  ApiRun,
  ApiRunSummary,
  ApiServer,
} from './api-types.js';
import { awaitUntil } from './await-until.js';

const REQUEST_MS = 15_000;

/** An answer other than 2xx: RFC 9457 problem details in `problem`. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  constructor(
    call: string,
    readonly status: number,
    readonly problem: unknown,
  ) {
    super(`${call}: ${status} ${JSON.stringify(problem)}`);
  }
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: unknown;
}

export interface RequestOptions {
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface RunFilter {
  readonly state?: RunState;
  readonly task?: string;
  readonly job?: string;
  readonly limit?: number;
  readonly cursor?: string;
}

export type Api = ReturnType<typeof api>;

async function call(
  base: string,
  method: string,
  path: string,
  options: RequestOptions = {},
): Promise<Answer> {
  const response = await fetch(`${base}${path}`, {
    method,
    headers: {
      ...(options.body === undefined ? {} : { 'content-type': 'application/json' }),
      ...options.headers,
    },
    body: options.body === undefined ? undefined : JSON.stringify(options.body),
    signal: AbortSignal.timeout(REQUEST_MS),
  });
  const text = await response.text();
  const json = response.headers.get('content-type')?.includes('json') ?? false;
  return { status: response.status, headers: response.headers, body: json ? JSON.parse(text) : text };
}

function query(filter: RunFilter): string {
  const given = Object.entries(filter).filter(([, value]) => value !== undefined);
  return new URLSearchParams(
    Object.fromEntries(given.map(([name, value]) => [name, String(value)])),
  ).toString();
}

const FINAL: ReadonlySet<RunState> = new Set(RUN_STATES.filter((state) => state !== 'running'));

/** A small client of Cerebro's HTTP API; every call but `request` throws ApiError for anything but 2xx. */
export function api(base: string) {
  async function ok<T>(method: string, path: string, options?: RequestOptions): Promise<T> {
    const answer = await call(base, method, path, options);
    if (answer.status < 200 || answer.status > 299) {
      throw new ApiError(`${method} ${path}`, answer.status, answer.body);
    }
    return answer.body as T;
  }
  const run = (id: string): Promise<ApiRun> => ok('GET', `/api/v1/runs/${id}`);
  return {
    /** Any call, whatever its status. */
    request: (method: string, path: string, options?: RequestOptions): Promise<Answer> =>
      call(base, method, path, options),
    graph: (): Promise<ApiGraph> => ok('GET', '/api/v1/graph'),
    servers: (): Promise<readonly ApiServer[]> => ok('GET', '/api/v1/servers'),
    /** Gives the run's id. */
    createRun: async (request: RunRequest, headers?: Readonly<Record<string, string>>): Promise<string> =>
      (await ok<{ run: string }>('POST', '/api/v1/runs', { body: request, headers })).run,
    runs: (filter: RunFilter = {}): Promise<ApiPage<ApiRunSummary>> =>
      ok('GET', `/api/v1/runs?${query(filter)}`),
    run,
    history: (id: string): Promise<readonly ApiHistoryRow[]> => ok('GET', `/api/v1/runs/${id}/history`),
    cancel: (id: string): Promise<unknown> => ok('POST', `/api/v1/runs/${id}/cancel`),
    retry: (id: string): Promise<unknown> => ok('POST', `/api/v1/runs/${id}/retry`),
    deadLetters: async (): Promise<readonly ApiDeadLetter[]> =>
      (await ok<ApiPage<ApiDeadLetter>>('GET', '/api/v1/dead-letters')).items,
    /** Waits until the run is completed, failed or cancelled. */
    untilFinished: (id: string, timeoutMs = 30_000): Promise<ApiRun> =>
      awaitUntil(
        `run ${id} is finished`,
        async () => {
          const seen = await run(id);
          if (FINAL.has(seen.state)) return seen;
          throw new Error(
            `${seen.state}: ${seen.tasks.map((task) => `${task.task} ${task.state} ${task.reason ?? ''}`).join(', ')}`,
          );
        },
        { timeoutMs },
      ),
    /** Waits until the server is listed with an instance that is online. */
    untilOnline: (server: string, timeoutMs = 20_000): Promise<ApiServer> =>
      awaitUntil(
        `${server} is online`,
        async () => {
          const servers = await ok<readonly ApiServer[]>('GET', '/api/v1/servers');
          return servers.find(
            (one) => one.server === server && one.instances.some(({ state }) => state === 'online'),
          );
        },
        { timeoutMs },
      ),
  };
}
