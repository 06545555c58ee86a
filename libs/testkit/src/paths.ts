import { existsSync } from 'node:fs';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { atEndOfFile } from './closers.js';
import { programsDirectory } from './config.js';

export const REPOSITORY = fileURLToPath(new URL('../../..', import.meta.url));

/** The compiled entry of an app. @throws when it has not been built */
export const appEntry = (app: string): string => compiled(`apps/${app}/dist/main.js`);

function compiled(path: string): string {
  const entry = join(REPOSITORY, path);
  if (existsSync(entry)) return entry;
  throw new Error(`${entry} is missing: build it with "npm run build".`);
}

/** Programs that tests start; scripts/test/bundle-apps.mjs puts those into one file each that are started again and again. */
const PROGRAMS = {
  cerebro: 'apps/cerebro/dist/main.js',
  dyna: 'apps/dyna/dist/main.js',
  'task-server-a': 'apps/task-server-a/dist/main.js',
  'task-server-b': 'apps/task-server-b/dist/main.js',
  'task-server-c': 'apps/task-server-c/dist/main.js',
  runner: 'apps/runner/dist/main.js',
  'generic-server': 'libs/task-server/dist/harness/generic/main.js',
} as const;
export type Program = keyof typeof PROGRAMS;

/** How to start it: its one file when the test run made one, else as it was compiled. @throws when it has not been built */
export function programCommand(program: Program): readonly ['node', ...string[]] {
  const made = programsDirectory();
  const file = made && join(made, `${program}.mjs`);
  if (file && existsSync(file)) return ['node', file];
  return ['node', '--enable-source-maps', compiled(PROGRAMS[program])];
}

/** A directory of this test file, removed at its end. Others may enter it: PostgreSQL does not run as root. */
export async function temporaryDirectory(name: string): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), `cordyna-${name}-`));
  await chmod(dir, 0o755);
  atEndOfFile(dir, () => rm(dir, { recursive: true, force: true, maxRetries: 3 }));
  return dir;
}
