import type { JsonValue } from './json.js';

/** Error codes that Cerebro itself puts on a task; every other code comes from a task server. */
export const CEREBRO_ERROR_CODES = [
  'ack_timeout',
  'start_timeout',
  'completion_timeout',
  'server_lost',
  'server_withdrawn',
  'inputs_too_large',
  'output_invalid',
  'args_invalid',
  'not_a_list',
  'elements_failed',
] as const;
export type CerebroErrorCode = (typeof CEREBRO_ERROR_CODES)[number];

/** Codes with a meaning of their own when a task server sends them. */
export const RETURNED = 'returned';
export const UNKNOWN_TASK = 'unknown_task';

export interface TaskError {
  /** `^[a-z0-9_]{1,64}$` */
  readonly code: string;
  readonly message: string;
  /** The team's explanation for people. */
  readonly description?: string;
  /** Defaults to true. */
  readonly retryable?: boolean;
  readonly stack?: string;
  readonly details?: JsonValue;
}

/** Why a message was refused: the closed list of the header `cordyna-reason` of dead letters. */
export const DEAD_LETTER_REASONS = [
  'not_json',
  'not_utf8',
  'too_large',
  'too_deep',
  'nul_character',
  'not_a_cloudevent',
  'unknown_type',
  'invalid_data',
  'no_value',
  'key_mismatch',
  'unknown_task',
  'unknown_job',
  'unknown_run',
  'invalid_args',
  'key_reused',
  'unknown_invocation',
  'forbidden_source',
  'store_refused',
  'handler_failed',
] as const;
export type DeadLetterReason = (typeof DEAD_LETTER_REASONS)[number];
