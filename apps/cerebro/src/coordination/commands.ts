import type { RunRequest } from '@cordyna/protocol/model';

export interface GraphView {
  readonly nodes: readonly {
    readonly task: string;
    readonly server: string;
    readonly declared: boolean;
    /** Dependencies of this task that nobody has declared. */
    readonly unresolved: readonly string[];
  }[];
  readonly edges: readonly { readonly from: string; readonly to: string }[];
}

/** What people may ask for. Each is only a proposal to the door, answered once it is committed. */
export abstract class Commands {
  /**
   * Creates a run (or finds the first run of the key); `traceparent` is W3C trace context, well-formed.
   * @throws RequestRefused
   */
  abstract requestRun(
    request: RunRequest,
    source: string,
    traceparent?: string,
  ): Promise<{ run: string; created: boolean }>;
  /** @throws RequestRefused unless the run is unfinished */
  abstract cancelRun(run: string, reason: string, source: string): Promise<void>;
  /** @throws RequestRefused unless the run is failed or cancelled */
  abstract retryRun(run: string, source: string): Promise<void>;
  /** The union of all declarations in force. */
  abstract graph(): Promise<GraphView>;
}

export const REFUSAL_CODES = [
  'unknown_task',
  'unknown_job',
  'unknown_run',
  'unknown_definition',
  'invalid_args',
  'invalid_definition',
  'definition_exists',
  'version_conflict',
  'definition_in_use',
  'key_reused',
  'wrong_state',
  'unavailable',
] as const;
/** `unavailable` is the only one worth trying again unchanged. */
export type RefusalReason = (typeof REFUSAL_CODES)[number];

/** `line` and `column` of what was sent as a file. */
export interface RefusedField {
  readonly path: string;
  readonly message: string;
  readonly line?: number;
  readonly column?: number;
}

export class RequestRefused extends Error {
  override readonly name = 'RequestRefused';
  readonly retriable: boolean;

  constructor(
    readonly code: RefusalReason,
    message: string,
    /** `path` is a JSON pointer into the request. */
    readonly errors: readonly RefusedField[] = [],
  ) {
    super(message);
    this.retriable = code === 'unavailable';
  }
}

/** Why a coordinator is not ready. `disk_full` is PostgreSQL's disk. */
export const UNREADY_REASONS = [
  'starting',
  'database_unavailable',
  'disk_full',
  'bus_unavailable',
  'behind',
] as const;
export type UnreadyReason = (typeof UNREADY_REASONS)[number];

export interface ReadinessCheck {
  readonly ok: boolean;
  /** Null when it is ok. */
  readonly reason: UnreadyReason | null;
  readonly detail: string;
}

export interface ReadinessReport {
  readonly ready: boolean;
  /** database, commits, bus, publishing, partitions, watermark */
  readonly checks: { readonly [name: string]: ReadinessCheck };
}

/** Whether this process can do its work now; cheap, asked every few seconds. */
export abstract class Readiness {
  abstract report(): ReadinessReport;
}
