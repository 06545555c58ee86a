import { CEREBRO_ERROR_CODES, RETURNED, UNKNOWN_TASK } from '@cordyna/protocol/model';

export interface FailureDetails {
  /** The team's explanation for whoever looks at the failed task: what it means, whom to ask, what to do. */
  readonly description?: string;
  readonly cause?: unknown;
}

const RESERVED: ReadonlySet<string> = new Set([RETURNED, UNKNOWN_TASK, ...CEREBRO_ERROR_CODES]);

/** Throw it in a handler to say how the task failed and whether another attempt makes sense. */
export class TaskFailure extends Error {
  /** `^[a-z0-9_]{1,64}$` */
  readonly code: string;
  readonly description: string | undefined;

  private constructor(
    code: string,
    message: string,
    readonly retryable: boolean,
    { description, cause }: FailureDetails,
  ) {
    super(message, { cause });
    this.name = 'TaskFailure';
    this.code = failureCode(code);
    this.description = description;
  }

  /** Another attempt may succeed: Cerebro retries as declared. @param code see {@link failureCode} */
  static retryable(code: string, message: string, details: FailureDetails = {}): TaskFailure {
    return new TaskFailure(code, message, true, details);
  }

  /** No attempt can succeed: the task ends in error at once. @param code see {@link failureCode} */
  static nonRetryable(code: string, message: string, details: FailureDetails = {}): TaskFailure {
    return new TaskFailure(code, message, false, details);
  }
}

/**
 * Any text as an error code of the protocol: lower case, `_` for what is not allowed. Never throws, for a failure must
 * not hide behind its own name. Codes that mean something else to Cerebro (`returned`, `server_lost`, …) become `failed`.
 */
export function failureCode(text: string): string {
  const code = text
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .toLowerCase()
    .replace(/[^a-z0-9_]+/g, '_')
    .slice(0, 64);
  return code === '' || RESERVED.has(code) ? 'failed' : code;
}
