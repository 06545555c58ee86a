/**
 * `last_seen` is at most this much older than the last sign of life: silence is counted from its end, so nobody is lost
 * too early.
 */
export const SIGN_GRAIN = `interval '200 milliseconds'`;

/** A row that was seen so little ago is left alone. The rest of the grain is what a coordinator does not tell (`StoredSigns`). */
export const ROW_GRAIN = `interval '100 milliseconds'`;
export const UNTOLD_MS = 100;
