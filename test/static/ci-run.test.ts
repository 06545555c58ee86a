import { spawnSync } from 'node:child_process';
import { accessSync, constants, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { repository } from './tracked-files.js';

const script = join(repository, '.ci/run');
const folder = mkdtempSync(join(tmpdir(), 'cordyna-ci-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Runs the CI command with an npm that only says what it was asked for, and fails where told to. */
function runCi(failing: string): { status: number | null; lines: string[] } {
  const npm = `#!/bin/sh
echo "npm $*"
case "$*" in test*) echo '7 passed, 0 failed' ;; esac
case "$*" in ${failing}) exit 3 ;; esac
`;
  writeFileSync(join(folder, 'npm'), npm, { mode: 0o755 });
  const env = { ...process.env, PATH: `${folder}${delimiter}${process.env['PATH']}` };
  const { status, stdout } = spawnSync(script, { env, encoding: 'utf8', cwd: tmpdir(), timeout: 20_000 });
  return { status, lines: stdout.trimEnd().split('\n') };
}
const everything = ['npm ci', 'npm run check', 'npm test --silent', '7 passed, 0 failed'];

describe('the CI command', () => {
  test('can be executed', () => {
    expect(() => accessSync(script, constants.X_OK)).not.toThrow();
  });

  test('installs, checks and tests, from wherever it is called, and ends with the count of the tests', () => {
    expect(runCi('nothing')).toEqual({ status: 0, lines: everything });
  });

  test('fails when a check fails, and tests all the same', () => {
    expect(runCi('run*check')).toEqual({ status: 3, lines: everything });
  });

  test('fails when a test fails', () => {
    expect(runCi('test*')).toEqual({ status: 3, lines: everything });
  });

  test('goes no further when nothing can be installed', () => {
    expect(runCi('ci')).toEqual({ status: 3, lines: ['npm ci'] });
  });
});
