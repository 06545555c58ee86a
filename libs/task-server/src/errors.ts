import type { DeclarationError } from '@cordyna/protocol/model';

/** Every way in which the SDK itself can fail; the list is closed. What a handler throws is a task's error instead. */
export const TASK_SERVER_ERROR_CODES = [
  'invalid_declaration',
  'declaration_rejected',
  'invalid_options',
  'invalid_request',
  'invalid_state',
  'unknown_task',
  'bus_failed',
  'send_refused',
] as const;
export type TaskServerErrorCode = (typeof TASK_SERVER_ERROR_CODES)[number];

/** `retriable`: the same call may succeed later without a change of the program. */
export class TaskServerError extends Error {
  readonly code: TaskServerErrorCode;
  readonly retriable: boolean;

  constructor(
    code: TaskServerErrorCode,
    message: string,
    options: { readonly retriable?: boolean; readonly cause?: unknown } = {},
  ) {
    super(message, { cause: options.cause });
    this.name = 'TaskServerError';
    this.code = code;
    this.retriable = options.retriable ?? false;
  }
}

/** Thrown at the line that declares: `place` says where in the declaration, the message what to write instead. */
export class InvalidDeclarationError extends TaskServerError {
  constructor(
    readonly place: string,
    readonly problem: string,
  ) {
    super('invalid_declaration', `${place}: ${problem}`);
    this.name = 'InvalidDeclarationError';
  }
}

/** Cerebro refused the declaration as a whole; the one before it, if any, stays in force. */
export class DeclarationRejectedError extends TaskServerError {
  constructor(
    readonly server: string,
    readonly errors: readonly DeclarationError[],
  ) {
    const list = errors.map(({ code, path, message }) => `\n  ${path || '/'}: ${message} (${code})`).join('');
    super('declaration_rejected', `Cerebro rejected the declaration of "${server}":${list}`);
    this.name = 'DeclarationRejectedError';
  }
}
