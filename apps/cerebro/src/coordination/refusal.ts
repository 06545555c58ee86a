import { RequestRefused } from './commands.js';
import type { Outcome } from './inbound.js';

const WAIT_MS = 10_000;

/** What a caller is told of an outcome that is not what was asked for. */
export function refusal(outcome: Outcome): RequestRefused {
  if (outcome.kind === 'refused') return new RequestRefused(outcome.code, outcome.message, outcome.errors);
  if (outcome.kind === 'store-refused') return new RequestRefused('invalid_args', outcome.message);
  return new RequestRefused('unavailable', 'the request had no outcome');
}

/** The door waits for PostgreSQL as long as it takes; who asks over HTTP does not. */
export async function withLimit<T>(work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<never>((_, reject) => {
    const message =
      'not committed within 10 s; it may still take effect. Send it again with the same idempotency key to find out';
    timer = setTimeout(() => reject(new RequestRefused('unavailable', message)), WAIT_MS);
  });
  try {
    return await Promise.race([work, limit]);
  } finally {
    clearTimeout(timer);
  }
}
