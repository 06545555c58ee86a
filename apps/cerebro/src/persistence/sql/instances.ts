/**
 * `last_seen` is at most this much older than the last sign of life: silence is counted from its end, so nobody is lost
 * too early.
 */
export const SIGN_GRAIN = `interval '200 milliseconds'`;
