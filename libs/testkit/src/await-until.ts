import { setTimeout as delay } from 'node:timers/promises';
import { inspect } from 'node:util';

export interface AwaitOptions {
  readonly timeoutMs?: number;
  /** Default: from 25 ms on, a tenth of what it has waited already, up to half a second, and no less than asking took. */
  readonly everyMs?: number;
}

const FIRST_PAUSE_MS = 25;
const LONGEST_PAUSE_MS = 500;

/** Who asks all the time takes the time of those whose answer is awaited. */
const pauseMs = (waitedMs: number, askedMs: number): number =>
  Math.min(LONGEST_PAUSE_MS, Math.max(FIRST_PAUSE_MS, waitedMs / 10, askedMs));

/**
 * Waits until the condition gives something other than false, null or undefined, and resolves with that. One that throws
 * is not met yet; what it threw or gave last is in the message.
 * @param what completes the sentence "Waited … ms until …"
 */
export async function awaitUntil<T>(
  what: string,
  condition: () => T | Promise<T>,
  { timeoutMs = 10_000, everyMs }: AwaitOptions = {},
): Promise<Exclude<T, false | null | undefined>> {
  const begun = performance.now();
  let last: unknown;
  for (;;) {
    const asked = performance.now();
    try {
      const value = await condition();
      if (value !== false && value !== null && value !== undefined) {
        return value as Exclude<T, false | null | undefined>;
      }
      last = value;
    } catch (error) {
      last = error;
    }
    const now = performance.now();
    if (now - begun > timeoutMs) {
      throw new Error(`Waited ${timeoutMs} ms until ${what}; last: ${inspect(last, { depth: 4 })}`, {
        cause: last,
      });
    }
    await delay(everyMs ?? pauseMs(now - begun, now - asked));
  }
}
