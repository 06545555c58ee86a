/** Every way in which the bus can fail; the list is closed. */
export const BUS_ERROR_CODES = [
  'invalid_timestamp',
  'too_large',
  'invalid_record',
  'unknown_topic',
  'not_authorized',
  'not_leader',
  'not_enough_replicas',
  'offset_out_of_range',
  'corrupt_record',
  'connection_failed',
  'timed_out',
  'handler_failed',
  'consumer_failed',
  'invalid_config',
  'closed',
  'kafka_error',
] as const;
export type BusErrorCode = (typeof BUS_ERROR_CODES)[number];

/** `refused`: certainly not in the log. `unknown`: it may be in the log. */
export type SendOutcome = 'refused' | 'unknown';

export interface BusErrorOptions {
  readonly retriable: boolean;
  /** Only for sends; `unknown` unless said otherwise. */
  readonly outcome?: SendOutcome;
  readonly cause?: unknown;
}

/** The only error that leaves this library. `retriable`: the same call may succeed later. */
export class BusError extends Error {
  readonly code: BusErrorCode;
  readonly retriable: boolean;
  readonly outcome: SendOutcome;

  constructor(code: BusErrorCode, message: string, options: BusErrorOptions) {
    super(message, { cause: options.cause });
    this.name = 'BusError';
    this.code = code;
    this.retriable = options.retriable;
    this.outcome = options.outcome ?? 'unknown';
  }
}
