import { existsSync } from 'node:fs';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { atEndOfFile } from './closers.js';

export const REPOSITORY = fileURLToPath(new URL('../../..', import.meta.url));

/** The compiled entry of an app. @throws when it has not been built */
export function appEntry(app: string): string {
  const entry = join(REPOSITORY, 'apps', app, 'dist', 'main.js');
  if (existsSync(entry)) return entry;
  throw new Error(`${entry} is missing: build it with "npm run build".`);
}

/** A directory of this test file, removed at its end. Others may enter it: PostgreSQL does not run as root. */
export async function temporaryDirectory(name: string): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), `cordyna-${name}-`));
  await chmod(dir, 0o755);
  atEndOfFile(dir, () => rm(dir, { recursive: true, force: true, maxRetries: 3 }));
  return dir;
}
