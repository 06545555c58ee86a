import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { untilUnlocked } from '../src/postgres-lock.js';

let data: string;
beforeEach(async () => {
  data = await mkdtemp(join(tmpdir(), 'cordyna-lock-'));
});
afterEach(() => rm(data, { recursive: true, force: true }));

const lockedBy = (pid: number): Promise<void> =>
  writeFile(join(data, 'postmaster.pid'), `${pid}\n${data}\n1700000000\n5432\n`);

test('a directory without a lock, or with that of a process that is gone, is free at once', async () => {
  await untilUnlocked(data, 60_000);
  const child = spawn(process.execPath, ['--eval', '']);
  await new Promise((resolve) => child.on('exit', resolve));
  await lockedBy(child.pid ?? NaN);
  await untilUnlocked(data, 60_000);
});

test('the owner of a lock is waited for until it is gone', async () => {
  const child = spawn(process.execPath, ['--eval', 'setInterval(() => {}, 1_000)']);
  await lockedBy(child.pid ?? NaN);
  let unlocked = false;
  const waiting = untilUnlocked(data, 60_000).then(() => (unlocked = true));
  await untilUnlocked(data, 100);
  expect(unlocked).toBe(false);
  child.kill('SIGKILL');
  await waiting;
});

test('an owner that stays is waited for within the limit only', async () => {
  await lockedBy(process.pid);
  const begun = performance.now();
  await untilUnlocked(data, 100);
  expect(performance.now() - begun).toBeGreaterThanOrEqual(100);
});
