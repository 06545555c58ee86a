import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { broken, libraries, npmPackages, packageOf, partners, sound } from './dependency-rules.fixture.js';

interface Report {
  readonly summary: {
    readonly violations: readonly { readonly rule: { readonly name: string }; readonly from: string }[];
  };
}

const repository = resolve(import.meta.dirname, '../..');
const cruiser = join(repository, 'node_modules/dependency-cruiser/bin/dependency-cruise.mjs');
const run = promisify(execFile);

function plant(root: string, files: Record<string, string>): void {
  for (const [path, source] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), source);
  }
  for (const name of npmPackages) {
    mkdirSync(join(root, 'node_modules', name), { recursive: true });
    writeFileSync(join(root, 'node_modules', name, 'package.json'), packageOf(name));
    writeFileSync(join(root, 'node_modules', name, 'index.js'), '');
  }
  mkdirSync(join(root, 'node_modules/@cordyna'));
  for (const name of libraries) symlinkSync(`../../libs/${name}`, join(root, 'node_modules/@cordyna', name));
}

async function violations(root: string): Promise<Report['summary']['violations']> {
  const args = [
    cruiser,
    '--config',
    join(repository, '.dependency-cruiser.cjs'),
    '-T',
    'json',
    'apps',
    'libs',
    'test',
  ];
  const { stdout } = await run(process.execPath, args, {
    cwd: root,
    timeout: 60_000,
    maxBuffer: 2 ** 26,
  }).catch((error: { stdout: string }) => error);
  return (JSON.parse(stdout) as Report).summary.violations;
}

describe('the rules for the direction of dependencies', () => {
  const root = mkdtempSync(join(tmpdir(), 'cordyna-rules-'));
  afterAll(() => rmSync(root, { recursive: true, force: true }));

  test('accept a tree that keeps them', async () => {
    plant(join(root, 'sound'), sound);
    expect(await violations(join(root, 'sound'))).toEqual([]);
  }, 60_000);

  describe('in a tree that breaks each of them', () => {
    const found = new Map<string, string[]>();

    beforeAll(async () => {
      const extra = Object.entries(broken).map(([path, { source }]) => [path, source]);
      const files: Record<string, string> = {
        ...sound,
        ...partners,
        ...Object.fromEntries(extra),
      };
      plant(join(root, 'broken'), files);
      for (const { rule, from } of await violations(join(root, 'broken')))
        found.set(from, [...new Set([...(found.get(from) ?? []), rule.name])]);
    }, 60_000);

    test.each(Object.entries(broken))('%s is caught', (path, { rules }) => {
      expect(found.get(path)?.sort()).toEqual([...rules].sort());
    });

    test('nothing else is accused', () => {
      expect([...found.keys()].filter((path) => !(path in broken))).toEqual([]);
    });
  });

  test('each rule has a file that breaks it', async () => {
    const { forbidden } = (
      (await import(join(repository, '.dependency-cruiser.cjs'))) as {
        default: { forbidden: readonly { readonly name: string }[] };
      }
    ).default;
    const covered = new Set(Object.values(broken).flatMap(({ rules }) => rules));
    expect(forbidden.map((rule) => rule.name).filter((name) => !covered.has(name))).toEqual([]);
  });
});
