import { internals } from '../kafkajs/internals.js';
import type { RequestQueueInternals } from '../kafkajs/internals.js';

const CHECK_EVERY_MS = 10;

/**
 * kafkajs re-arms its check of pending requests with a time in the past also when nothing is pending: one timer per
 * millisecond and connection for ever, and a TimeoutNegativeWarning (tulios/kafkajs 1704, 1751).
 */
export function patchRequestQueue(prototype: RequestQueueInternals = internals.RequestQueue.prototype): void {
  prototype.scheduleCheckPendingRequests = function schedule(this: RequestQueueInternals): void {
    if (this.throttleCheckTimeoutId !== null || this.pending.length === 0) return;
    const throttledMs = this.throttledUntil - Date.now();
    this.throttleCheckTimeoutId = setTimeout(
      () => {
        this.throttleCheckTimeoutId = null;
        this.checkPendingRequests();
      },
      throttledMs > 0 ? throttledMs : CHECK_EVERY_MS,
    );
  };
}
