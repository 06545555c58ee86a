import type { DoorQueue } from './door-queue.js';
import type { WorkingSet } from './working-set.js';

/**
 * What decisions have left of wide graphs is decided next, while this one is committed. Should that be lost, the timer of
 * retries finds the mark which the first of it bears.
 */
export function goOn({ cutShort }: WorkingSet, queue: DoorQueue, source: string): void {
  for (const run of cutShort) {
    const inbound = { kind: 'run-input', run, source, input: { kind: 'retry-due' }, isOwn: true } as const;
    queue.add({ inbounds: [inbound], range: null }, true).catch(() => undefined);
  }
}
