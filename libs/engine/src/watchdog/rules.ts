/** An instance that sent heartbeats and gave no sign of life for this long is lost (protocol: server state). */
export const LOST_AFTER_MS = 15_000;
/** A larger step of the watermark is the end of a stall (design: the watchdog never lies). */
export const MAX_WATERMARK_STEP_MS = 3_000;
/** No watchdog fires for this long after a stall: that all was read does not mean that servers could write. */
export const STALL_GRACE_MS = 15_000;

/**
 * Is an instance lost? `watermarkMs` is the smaller of the watermarks of `servers` and `events`, since an update is a
 * sign of life too. All times epoch ms on the database's clock.
 */
export const instanceLost = (
  lastSeenMs: number,
  watermarkMs: number,
  lostAfterMs: number = LOST_AFTER_MS,
): boolean => lastSeenMs + lostAfterMs < watermarkMs;

/** Has a deadline passed for certain: are all updates up to it applied? An unknown deadline (null) never has. */
export const deadlinePassed = (deadlineAtMs: number | null, watermarkMs: number): boolean =>
  deadlineAtMs !== null && deadlineAtMs < watermarkMs;

/** Did a stall end with this step of the watermark? The first watermark (previous null) ends none. */
export const stallEnded = (
  previousMs: number | null,
  nextMs: number,
  maxStepMs: number = MAX_WATERMARK_STEP_MS,
): boolean => previousMs !== null && nextMs - previousMs > maxStepMs;

export interface Watch {
  /** The last watermark; null before the first. */
  readonly watermarkMs: number | null;
  /** Watchdogs are silent until the watermark reaches this. */
  readonly quietUntilMs: number;
}
export const initialWatch: Watch = { watermarkMs: null, quietUntilMs: 0 };

/** Takes in the next watermark; one that goes back (a partition joined) is taken as it is. */
export function observe(
  watch: Watch,
  nextMs: number,
  maxStepMs: number = MAX_WATERMARK_STEP_MS,
  graceMs: number = STALL_GRACE_MS,
): Watch {
  const quietUntilMs = stallEnded(watch.watermarkMs, nextMs, maxStepMs)
    ? nextMs + graceMs
    : watch.quietUntilMs;
  return { watermarkMs: nextMs, quietUntilMs };
}

/** May watchdogs fire now? */
export const mayFire = (watch: Watch): boolean =>
  watch.watermarkMs !== null && watch.watermarkMs >= watch.quietUntilMs;
