import { internals } from '../kafkajs/internals.js';
import type { RequestQueueInternals } from '../kafkajs/internals.js';

const CHECK_EVERY_MS = 10;
const MIN_TIMEOUT_CHECK_MS = 100;
const MAX_TIMEOUT_CHECK_MS = 1_000;

/** A tenth of the limit: whoever waits for ten seconds notices the end of them early enough. */
const timeoutCheckMs = (requestTimeoutMs: number): number =>
  Math.min(Math.max(requestTimeoutMs / 10, MIN_TIMEOUT_CHECK_MS), MAX_TIMEOUT_CHECK_MS);

/**
 * kafkajs re-arms its check of pending requests with a time in the past also when nothing is pending: one timer per
 * millisecond and connection for ever, and a TimeoutNegativeWarning (tulios/kafkajs 1704, 1751). And it looks ten times a
 * second on each connection for requests that got no answer in time, however long they have.
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
  prototype.scheduleRequestTimeoutCheck = function schedule(this: RequestQueueInternals): void {
    if (!this.enforceRequestTimeout) return;
    this.destroy();
    this.requestTimeoutIntervalId = setInterval(() => {
      const nowMs = Date.now();
      for (const request of this.inflight.values())
        if (nowMs - request.sentAt > request.requestTimeout) request.timeoutRequest();
      if (!this.isConnected()) this.destroy();
    }, timeoutCheckMs(this.requestTimeout));
  };
}
