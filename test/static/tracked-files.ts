import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

export const repository = resolve(import.meta.dirname, '../..');

/** What git tracks, or would with the next `git add`: paths from the root of the repository. */
export const trackedFiles = (): string[] =>
  execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    cwd: repository,
    encoding: 'utf8',
    timeout: 10_000,
  })
    .split('\0')
    .filter((path) => path !== '' && existsSync(join(repository, path)));

export const read = (path: string): string => readFileSync(join(repository, path), 'utf8');

export interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly license?: string;
  readonly type?: string;
  readonly private?: boolean;
  readonly workspaces?: readonly string[];
  readonly scripts?: Readonly<Record<string, string>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
}
export const manifest = (path: string): Manifest => JSON.parse(read(path)) as Manifest;

/** Manifests of the workspaces: `libs/bus/package.json` and so on. */
export const workspaceManifests = (): string[] =>
  trackedFiles().filter((path) => /^(apps|libs|examples)\/[^/]+\/package\.json$/.test(path));
