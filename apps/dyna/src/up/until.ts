import { setTimeout as delay } from 'node:timers/promises';

const EVERY_MS = 100;

/** Whether the condition came true within the limit; gives up as soon as `hopeless` says so. Errors count as not yet. */
export async function until(
  condition: () => Promise<boolean>,
  limitMs: number,
  hopeless: () => boolean,
): Promise<boolean> {
  const end = performance.now() + limitMs;
  while (performance.now() < end && !hopeless()) {
    if (await condition().catch(() => false)) return true;
    await delay(EVERY_MS);
  }
  return false;
}
