import { setTimeout as delay } from 'node:timers/promises';
import type { Random } from '../../simulation/world/random.js';

const RETRY_MS = 250;

/** Asks one coordinator after the other until one has answered, whatever they go through meanwhile. */
export async function insist<T>(
  random: Random,
  urls: () => readonly string[],
  call: (url: string) => Promise<T>,
): Promise<T> {
  for (;;) {
    try {
      return await call(random.pick(urls()));
    } catch {
      await delay(RETRY_MS);
    }
  }
}
