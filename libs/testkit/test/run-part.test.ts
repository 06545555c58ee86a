import { beforeAll, describe, expect, test } from '@jest/globals';
import { symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { REPOSITORY, startProcess, temporaryDirectory } from '../src/index.js';

interface Result {
  readonly passed: number;
  readonly failed: number;
  readonly seconds: number;
  readonly problems: readonly string[];
}

/** A project of its own with one test file per way in which a part can end. */
const FILES: Readonly<Record<string, string>> = {
  passes: `test('a', () => {}); test('b', () => {});`,
  fails: `test('a', () => {}); test('b', () => { throw new Error('wrong'); });`,
  skips: `test('a', () => {}); test.skip('b', () => {});`,
  broken: `this is no JavaScript`,
  empty: `// nothing`,
  open: `test('a', () => { setInterval(() => {}, 1000); });`,
  hangs: `test('a', () => new Promise(() => { setInterval(() => {}, 1000); }), 600000);`,
};
let root: string;

beforeAll(async () => {
  root = await temporaryDirectory('run-part');
  symlinkSync(join(REPOSITORY, 'node_modules'), join(root, 'node_modules'));
  writeFileSync(join(root, 'package.json'), '{ "name": "fixture", "private": true }');
  writeFileSync(
    join(root, 'jest.config.cjs'),
    `module.exports = { testMatch: ['**/*.test.cjs'], transform: {}, watchman: false };`,
  );
  for (const [name, text] of Object.entries(FILES)) writeFileSync(join(root, `${name}.test.cjs`), text);
});

async function runPart(files: readonly string[], more: object = {}): Promise<Result> {
  const module = pathToFileURL(join(REPOSITORY, 'scripts', 'test', 'run-part.mjs')).href;
  const name = files.join(' ');
  const part = { name, files: files.map((file) => `${file}.test.cjs`), workers: 1, limitMs: 60_000, ...more };
  const options = `{ env: process.env, dir: ${JSON.stringify(root)}, whole: true, onChild() {} }`;
  const script = `const { runPart } = await import(${JSON.stringify(module)});
    const result = await runPart(${JSON.stringify(root)}, ${JSON.stringify(part)}, ${options});
    console.log('RESULT ' + JSON.stringify(result));`;
  const child = await startProcess({
    name: 'run-part',
    command: ['node', '--input-type=module', '-e', script],
  });
  const [, json = ''] = await child.waitForOutput(/^RESULT (.*)$/m, 60_000);
  await child.exited;
  return JSON.parse(json) as Result;
}

describe('a part of the suite', () => {
  test('is counted by tests, over its files', async () => {
    expect(await runPart(['passes', 'fails'])).toMatchObject({ passed: 3, failed: 1, problems: [] });
  });

  test.each([
    ['skips', 1, /1 tests were skipped/],
    ['broken', 0, /broken\.test\.cjs did not run/],
    ['empty', 0, /empty\.test\.cjs did not run/],
  ])('a file that %s is a failure', async (file, passed, problem) => {
    const result = await runPart([file]);
    expect(result).toMatchObject({ passed, failed: 1, problems: [expect.stringMatching(problem)] });
  });

  test('that leaves something open is ended, and is a failure', async () => {
    const result = await runPart(['open'], { leftOpenMs: 1_000 });
    expect(result).toMatchObject({ passed: 1, failed: 1, problems: ['did not end: something is left open'] });
  });

  test('that hangs is ended at its limit, and is a failure', async () => {
    const result = await runPart(['hangs'], { limitMs: 5_000 });
    expect(result).toMatchObject({ passed: 0, failed: 1, problems: ['took longer than 5 s'] });
    expect(result.seconds).toBeLessThan(20);
  });

  test('whose coverage is below its threshold is a failure', async () => {
    writeFileSync(join(root, 'source.cjs'), 'module.exports = (x) => (x ? 1 : 2);');
    writeFileSync(
      join(root, 'half.test.cjs'),
      `test('a', () => { expect(require('./source.cjs')(true)).toBe(1); });`,
    );
    const coverage = { from: ['source.cjs'], threshold: { global: { branches: 100 } } };
    const result = await runPart(['half'], { coverage });
    expect(result).toMatchObject({ passed: 1, failed: 1, problems: ['coverage is below its threshold'] });
  });
});
