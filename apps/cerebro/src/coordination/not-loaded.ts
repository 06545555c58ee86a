import type { Needs } from './ports/index.js';

/** An aggregate was needed that nobody had asked for: load it and decide again. */
export class NotLoaded extends Error {
  override readonly name = 'NotLoaded';
  constructor(readonly needs: Partial<Needs>) {
    super(`not loaded: ${JSON.stringify(needs)}`);
  }
}
