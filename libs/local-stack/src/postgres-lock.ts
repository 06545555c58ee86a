import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

const LOOK_EVERY_MS = 50;

/** Pid in the lock file of a data directory; null without one. */
async function ownerOf(data: string): Promise<number | null> {
  const text = await readFile(join(data, 'postmaster.pid'), 'utf8').catch(() => '');
  const pid = Number.parseInt(text, 10);
  return pid > 0 ? pid : null;
}

function exists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/**
 * Waits, at most so long, until the process that locked the data directory is gone. After a kill -9 it exists until its
 * parent has fetched its end, and so long PostgreSQL refuses to start. Who is still there after that is told by PostgreSQL.
 */
export async function untilUnlocked(data: string, limitMs: number): Promise<void> {
  const end = performance.now() + limitMs;
  for (;;) {
    const owner = await ownerOf(data);
    if (owner === null || !exists(owner) || performance.now() > end) return;
    await delay(LOOK_EVERY_MS);
  }
}
