import { execFile } from 'node:child_process';
import { open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { atEnd } from '@cordyna/testkit';

const run = promisify(execFile);
const LIMIT_MS = 10_000;
const MEBIBYTE = 1024 * 1024;
/** The last room is taken page by page. */
const CHUNKS = [8 * MEBIBYTE, 4_096];

/** A file system with little room, that can be filled to its last byte. */
export interface SmallDisk {
  fill(): Promise<void>;
  /** Gives the room back. */
  empty(): Promise<void>;
}

/** Mounts one at this directory until the end of the file, which only root may do. */
export async function smallDisk(dir: string, mebibytes: number): Promise<SmallDisk> {
  const mount = ['-t', 'tmpfs', '-o', `size=${mebibytes}m,mode=755`, 'tmpfs', dir];
  await run('mount', mount, { timeout: LIMIT_MS }).catch((error: unknown) => {
    throw new Error(`a small file system could not be mounted at ${dir}; this scenario needs root`, {
      cause: error,
    });
  });
  atEnd(dir, () => run('umount', ['-l', dir], { timeout: LIMIT_MS }));
  const file = join(dir, 'filler');
  return {
    async fill() {
      const filler = await open(file, 'w');
      try {
        for (const bytes of CHUNKS) await untilFull(filler, Buffer.alloc(bytes, 1));
      } finally {
        await filler.close();
      }
    },
    empty: () => rm(file, { force: true }),
  };
}

async function untilFull(file: Awaited<ReturnType<typeof open>>, chunk: Buffer): Promise<void> {
  try {
    for (;;) await file.write(chunk);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
  }
}
