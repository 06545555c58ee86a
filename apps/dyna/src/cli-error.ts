/** What went wrong, in one sentence, and what the user can do about it, in another. */
export class CliError extends Error {
  override readonly name = 'CliError';

  constructor(
    message: string,
    readonly remedy: string,
    options?: { readonly cause?: unknown },
  ) {
    super(message, options);
  }
}
