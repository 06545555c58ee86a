import { setTimeout as delay } from 'node:timers/promises';
import { inspect } from 'node:util';

export interface AwaitOptions {
  readonly timeoutMs?: number;
  readonly everyMs?: number;
}

/**
 * Waits until the condition gives something other than false, null or undefined, and resolves with that. One that throws
 * is not met yet; what it threw or gave last is in the message.
 * @param what completes the sentence "Waited … ms until …"
 */
export async function awaitUntil<T>(
  what: string,
  condition: () => T | Promise<T>,
  { timeoutMs = 10_000, everyMs = 25 }: AwaitOptions = {},
): Promise<Exclude<T, false | null | undefined>> {
  const end = performance.now() + timeoutMs;
  let last: unknown;
  for (;;) {
    try {
      const value = await condition();
      if (value !== false && value !== null && value !== undefined) {
        return value as Exclude<T, false | null | undefined>;
      }
      last = value;
    } catch (error) {
      last = error;
    }
    if (performance.now() > end) {
      throw new Error(`Waited ${timeoutMs} ms until ${what}; last: ${inspect(last, { depth: 4 })}`, {
        cause: last,
      });
    }
    await delay(everyMs);
  }
}
