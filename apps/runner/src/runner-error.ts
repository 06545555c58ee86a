export const RUNNER_ERROR_CODES = ['no_configuration', 'invalid_configuration'] as const;
export type RunnerErrorCode = (typeof RUNNER_ERROR_CODES)[number];

/** Why a runner does not start; the message says what to do. */
export class RunnerError extends Error {
  readonly retriable = false;

  constructor(
    readonly code: RunnerErrorCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = 'RunnerError';
  }
}
