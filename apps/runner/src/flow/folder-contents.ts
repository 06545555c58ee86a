import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** What a file is told by without reading it. */
export interface Signature {
  readonly size: number;
  readonly mtimeMs: number;
}

export const sameSignature = (a: Signature | undefined, b: Signature | undefined): boolean =>
  a !== undefined && b !== undefined && a.size === b.size && a.mtimeMs === b.mtimeMs;

export const signatureOf = async (path: string): Promise<Signature> => {
  const { size, mtimeMs } = await stat(path);
  return { size, mtimeMs };
};

/** The files of a folder; those whose name begins with a dot are nobody's business, unfinished targets among them. */
export async function filesOf(folder: string): Promise<ReadonlyMap<string, Signature>> {
  const names = (await readdir(folder)).filter((name) => !name.startsWith('.'));
  const found = await Promise.all(names.map((name) => fileAt(folder, name)));
  return new Map(found.filter((entry) => entry !== undefined));
}

async function fileAt(folder: string, name: string): Promise<readonly [string, Signature] | undefined> {
  try {
    const { size, mtimeMs, isFile } = await stat(join(folder, name)).then((of) => ({
      size: of.size,
      mtimeMs: of.mtimeMs,
      isFile: of.isFile(),
    }));
    return isFile ? [name, { size, mtimeMs }] : undefined;
  } catch (error) {
    // It was removed since.
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Says which files have stopped growing. */
export class Settling {
  private readonly seen = new Map<string, { readonly signature: Signature; readonly sinceMs: number }>();

  constructor(private readonly settleMs: number) {}

  isSettled(path: string, signature: Signature, nowMs: number): boolean {
    const known = this.seen.get(path);
    if (known && sameSignature(known.signature, signature)) return nowMs - known.sinceMs >= this.settleMs;
    this.seen.set(path, { signature, sinceMs: nowMs });
    return this.settleMs === 0;
  }

  /** A file that was put there whole. */
  settle(path: string, signature: Signature): void {
    this.seen.set(path, { signature, sinceMs: -Infinity });
  }
}
