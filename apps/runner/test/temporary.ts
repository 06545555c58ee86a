import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from '@jest/globals';

/** A folder that is removed after the tests of this file. */
export function temporaryFolder(): string {
  const dir = mkdtempSync(join(tmpdir(), 'cordyna-runner-test-'));
  afterAll(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}
