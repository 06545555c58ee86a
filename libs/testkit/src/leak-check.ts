import { processTree } from '@cordyna/local-stack';
import { awaitUntil } from './await-until.js';

const WATCHED: ReadonlySet<string> = new Set([
  'TCPSocketWrap',
  'TCPServerWrap',
  'PipeWrap',
  'ProcessWrap',
  'Timeout',
]);

function open(): Map<string, number> {
  const counts = new Map<string, number>([['children', processTree(process.pid).length - 1]]);
  for (const resource of process.getActiveResourcesInfo()) {
    if (WATCHED.has(resource)) counts.set(resource, (counts.get(resource) ?? 0) + 1);
  }
  return counts;
}

/**
 * Notes what is open now (sockets, servers, pipes, timers that keep the process alive, child processes); the function
 * that it gives waits until no more than that is open, and throws what is too much.
 */
export function leakCheck(): (timeoutMs?: number) => Promise<void> {
  const before = open();
  return async (timeoutMs = 5_000) => {
    // The wait itself holds a timer.
    const allowed = (kind: string): number => (before.get(kind) ?? 0) + (kind === 'Timeout' ? 1 : 0);
    await awaitUntil(
      'nothing is open that was not open before',
      () => {
        const leaks = [...open()].filter(([kind, count]) => count > allowed(kind));
        if (leaks.length === 0) return true;
        throw new Error(
          leaks.map(([kind, count]) => `${kind}: ${count}, before ${before.get(kind) ?? 0}`).join('; '),
        );
      },
      { timeoutMs },
    );
  };
}
