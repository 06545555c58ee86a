export const STACK_ERROR_CODES = [
  'port_in_use',
  'java_missing',
  'maven_missing',
  'kafka_jars_missing',
  'kafka_download_failed',
  'postgres_binaries_missing',
  'directory_unreachable',
  'not_started',
  'not_ready_in_time',
] as const;
export type StackErrorCode = (typeof STACK_ERROR_CODES)[number];

/** What keeps the local stack from running. The message is one sentence that says what to do. */
export class StackError extends Error {
  override readonly name = 'StackError';
  /** Whether the same call may succeed later without anybody's doing. */
  readonly retriable: boolean;

  constructor(
    readonly code: StackErrorCode,
    message: string,
    options: { readonly retriable?: boolean; readonly cause?: unknown } = {},
  ) {
    super(message, { cause: options.cause });
    this.retriable = options.retriable ?? false;
  }
}
