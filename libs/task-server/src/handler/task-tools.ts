import type { RunRequest } from '@cordyna/protocol/model';

type Details = Readonly<Record<string, unknown>>;

/** Lines go to standard output and, best effort, to the bus, where people see them at the attempt. */
export interface TaskLogger {
  debug(message: string, details?: Details): void;
  info(message: string, details?: Details): void;
  warn(message: string, details?: Details): void;
  error(message: string, details?: Details): void;
}

/** A task by its name (bare: of this server), or a job by its name as Cerebro knows it. */
export type InvokeTarget = string | { readonly task: string } | { readonly job: string };

/** `args`, `taskArgs`, `scope`, and an `idempotencyKey` of one's own in place of the derived one. */
export type InvokeRequest = Pick<RunRequest, 'args' | 'taskArgs' | 'scope' | 'idempotencyKey' | 'trigger'>;

export interface RequestedRun {
  /** A repetition of the request with this key gives the same run. */
  readonly idempotencyKey: string;
}

/** What a handler works with besides its event. */
export interface TaskTools {
  readonly logger: TaskLogger;
  /** Shown while the task runs; best effort, the newest wins. @param percent 0 to 100 */
  progress(percent: number, message?: string): void;
  /** Aborted when the attempt is cancelled (also: timed out), and when the server's time to drain is over. */
  readonly signal: AbortSignal;
  /**
   * Requests another run; resolves when Kafka has it. The idempotency key is derived from this invocation and the
   * number of the call: an attempt that is delivered twice requests once.
   * @throws TaskServerError `invalid_request`
   */
  invoke(target: InvokeTarget, request?: InvokeRequest): Promise<RequestedRun>;
}
