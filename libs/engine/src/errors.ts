/** Misuse of the engine by its caller: no input and no state of a run leads here. */
export class EngineError extends Error {
  override readonly name = 'EngineError';
  readonly retriable = false;

  constructor(
    readonly code: 'freshness_not_loaded' | 'history_gap',
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
