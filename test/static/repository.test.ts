import { describe, expect, test } from '@jest/globals';
import { manifest, read, trackedFiles, workspaceManifests } from './tracked-files.js';

const files = trackedFiles();
const BINARY = /\.(png|jpg|jpeg|gif|ico|woff2?|gz|tgz|bin)$/;
const texts = files.filter((path) => !BINARY.test(path));

/** Lines that match, as `path:line: text`. Patterns are put together here so that this file does not match itself. */
function matches(pattern: RegExp, paths: readonly string[] = texts): string[] {
  return paths.flatMap((path) =>
    read(path)
      .split('\n')
      .flatMap((line, index) =>
        pattern.test(line) ? [`${path}:${index + 1}: ${line.trim().slice(0, 160)}`] : [],
      ),
  );
}
const anyOf = (...parts: readonly (readonly string[])[]): RegExp =>
  new RegExp(parts.map((part) => part.join('')).join('|'));

describe('what is tracked names no place that only one machine knows', () => {
  test('no package registry', () => {
    const hosts = anyOf(
      ['registry', '\\.(npmjs|yarnpkg)'],
      ['repo1?', '\\.maven'],
      ['/-/[\\w.-]+', '\\.tgz'],
    );
    expect(matches(hosts)).toEqual([]);
  });

  test("no machine's path", () => {
    const places = anyOf(['(?<![\\w.$}])/(home|', 'root|Users|work)/[\\w.-]+'], ['[A-Z]:\\\\', '\\\\Users']);
    expect(matches(places)).toEqual([]);
  });

  test('no file that nobody would write by hand', () => {
    const strays = /(^|\/)(node_modules|dist|coverage|\.cordyna)\/|\.(log|tgz|swp|orig|rej)$|(^|\/)\.env$/;
    expect(files.filter((path) => strays.test(path))).toEqual([]);
  });
});

describe('the lock file', () => {
  /** The registry may lack what is for other processors; what runs on x64 and arm64 Linux must have its hash. */
  const otherProcessor = /linux-(arm-|armv7|loong64|ppc64|riscv64|s390x|mips)|linux-arm$/;
  interface Locked {
    readonly resolved?: string;
    readonly link?: boolean;
    readonly integrity?: string;
    readonly os?: readonly string[];
    readonly optionalDependencies?: Readonly<Record<string, string>>;
  }
  const { packages } = JSON.parse(read('package-lock.json')) as { packages: Record<string, Locked> };
  const installed = Object.entries(packages).filter(([path]) => path.includes('node_modules/'));

  test('says by hash, and not by address, what is installed', () => {
    const foreign = installed.filter(([, entry]) => !entry.link);
    expect(foreign.length).toBeGreaterThan(100);
    expect(foreign.filter(([, entry]) => entry.resolved !== undefined).map(([path]) => path)).toEqual([]);
    const unhashed = foreign.filter(
      ([, { integrity, os = ['linux'] }]) => !integrity && os.includes('linux'),
    );
    expect(unhashed.map(([path]) => path).filter((path) => !otherProcessor.test(path))).toEqual([]);
  });

  test('names the packages of every platform: npm ci refuses one that does not (node scripts/complete-lock.mjs)', () => {
    const names = new Set(installed.map(([path]) => path.slice(path.lastIndexOf('node_modules/') + 13)));
    const wanted = installed.flatMap(([, entry]) => Object.entries(entry.optionalDependencies ?? {}));
    const exact = wanted
      .filter(([, version]) => /^\d+\.\d+\.\d+[\w.-]*$/.test(version))
      .map(([name]) => name);
    expect(exact.length).toBeGreaterThan(10);
    expect(exact.filter((name) => !names.has(name))).toEqual([]);
  });

  test('links every workspace', () => {
    const links = installed.filter(([, entry]) => entry.link).map(([, entry]) => entry.resolved);
    expect(links.sort()).toEqual(
      workspaceManifests()
        .map((path) => path.replace('/package.json', ''))
        .sort(),
    );
  });

  test('is what the manifests ask for', () => {
    for (const path of ['package.json', ...workspaceManifests()]) {
      const { dependencies = {}, devDependencies = {} } = manifest(path);
      const locked = packages[path === 'package.json' ? '' : path.replace('/package.json', '')] as
        { dependencies?: object; devDependencies?: object } | undefined;
      expect([path, locked?.dependencies ?? {}]).toEqual([path, dependencies]);
      expect([path, locked?.devDependencies ?? {}]).toEqual([path, devDependencies]);
    }
  });
});

describe('each package', () => {
  test.each(['package.json', ...workspaceManifests()])(
    '%s has a licence, ES modules and exact versions',
    (path) => {
      const found = manifest(path);
      expect(found.license).toBe('Apache-2.0');
      expect(found.type).toBe('module');
      const wanted = { ...found.dependencies, ...found.devDependencies, ...found.optionalDependencies };
      const loose = Object.entries(wanted).filter(
        ([, version]) => !/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version),
      );
      expect(loose).toEqual([]);
    },
  );

  test('of one family has one version', () => {
    const versions = new Map<string, Set<string>>();
    for (const path of ['package.json', ...workspaceManifests()]) {
      const { dependencies = {}, devDependencies = {} } = manifest(path);
      for (const [name, version] of Object.entries({ ...dependencies, ...devDependencies }))
        versions.set(name, (versions.get(name) ?? new Set()).add(version));
    }
    const several = [...versions].filter(([, found]) => found.size > 1);
    expect(several.map(([name, found]) => `${name}: ${[...found].join(', ')}`)).toEqual([]);
  });
});

describe('names', () => {
  test('of files and folders are in kebab case', () => {
    const kebab = /^\.?[a-z0-9_]+([-.][a-z0-9]+)*$/;
    const ours = files.filter((path) => /^(apps|libs|test|bench|scripts|docs|examples)\//.test(path));
    const parts = ours.filter((path) => path.split('/').some((part) => !kebab.test(part)));
    expect(parts.filter((path) => !/\/(README\.md|Dockerfile|LICENSE)$/.test(path))).toEqual([]);
  });
});
