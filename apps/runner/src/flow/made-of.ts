import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { access, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { sameSignature } from './folder-contents.js';
import type { Signature } from './folder-contents.js';

interface Source extends Signature {
  readonly sha256: string;
}
type Sources = Readonly<Record<string, Source>>;

const FILE = '.cordyna-flow.json';

/** Which content of its sources a target was made of; kept in the flow's folder, so that it is known after a restart. */
export class MadeOf {
  private writing: Promise<void> = Promise.resolve();

  private constructor(
    private readonly path: string,
    private readonly targets: Map<string, Sources>,
  ) {}

  static async read(folder: string): Promise<MadeOf> {
    const path = join(folder, FILE);
    const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return '{}';
      throw error;
    });
    return new MadeOf(path, new Map(Object.entries(JSON.parse(text) as Record<string, Sources>)));
  }

  /**
   * Whether a source has another content than when the target was made. A target of which nothing is known is taken to be
   * made of what is there now. @param sources relative → absolute path and signature
   */
  async isOutdated(
    target: string,
    sources: ReadonlyMap<string, readonly [string, Signature]>,
  ): Promise<boolean> {
    const known = this.targets.get(target);
    const now: Record<string, Source> = {};
    for (const [name, [path, signature]] of sources) {
      const before = known?.[name];
      const sha256 = sameSignature(before, signature) ? before!.sha256 : await contentHash(path);
      now[name] = { ...signature, sha256 };
    }
    if (known && Object.entries(now).some(([name, { sha256 }]) => known[name]?.sha256 !== sha256))
      return true;
    const isKnown =
      known && Object.entries(now).every(([name, source]) => sameSignature(known[name], source));
    if (!isKnown) await this.remember(target, now);
    return false;
  }

  /** Before a target is made: what it will be made of. @returns to be called when it is made */
  async note(
    target: string,
    sources: ReadonlyMap<string, readonly [string, Signature]>,
  ): Promise<() => Promise<void>> {
    const entries = [...sources].map(async ([name, [path, signature]]) => {
      return [name, { ...signature, sha256: await contentHash(path) }] as const;
    });
    const noted = Object.fromEntries(await Promise.all(entries));
    return () => this.remember(target, noted);
  }

  /** Forgets targets that are there no more. @param made that are there, relative to the flow's folder */
  async keepOnly(made: ReadonlySet<string>): Promise<void> {
    const before = this.targets.size;
    for (const target of [...this.targets.keys()].filter((name) => !made.has(name))) {
      // It may have been made since the folders were looked at.
      if (!(await isThere(join(dirname(this.path), target)))) this.targets.delete(target);
    }
    if (this.targets.size < before) await this.save();
  }

  private remember(target: string, sources: Sources): Promise<void> {
    this.targets.set(target, sources);
    return this.save();
  }

  private save(): Promise<void> {
    this.writing = this.writing.catch(() => undefined).then(() => this.write());
    return this.writing;
  }

  private async write(): Promise<void> {
    await writeFile(`${this.path}.part`, JSON.stringify(Object.fromEntries(this.targets)));
    await rename(`${this.path}.part`, this.path);
  }
}

const isThere = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );

async function contentHash(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}
