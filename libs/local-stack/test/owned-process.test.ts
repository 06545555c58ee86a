import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { OwnedProcess, anyAlive, processTable, processTree } from '../src/index.js';

let dir: string;
beforeAll(() => void (dir = mkdtempSync(join(tmpdir(), 'owned-'))));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const start = (name: string, script: string): Promise<OwnedProcess> =>
  OwnedProcess.start({
    name,
    command: process.execPath,
    args: ['-e', script],
    logFile: join(dir, `${name}.log`),
  });

async function until(condition: () => boolean): Promise<void> {
  const end = performance.now() + 10_000;
  while (!condition()) {
    if (performance.now() > end) throw new Error('the condition did not come true within 10 s');
    await delay(10);
  }
}

const PARENT_OF_ONE = `
  require('node:child_process').spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { detached: true });
  setInterval(() => {}, 1000);`;
const state = (pid: number): string | undefined =>
  /^State:\s+(\S)/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1];

test('stop asks with the signal and waits for an orderly end', async () => {
  const script = `process.on('SIGTERM', () => setTimeout(() => process.exit(7), 50)); console.log('up');
    setInterval(() => {}, 1000)`;
  const child = await start('orderly', script);
  await until(() => child.tail() === 'up');
  await child.stop('SIGTERM', 5_000);
  expect(child.exit).toEqual({ code: 7, signal: null });
});

test('stop kills what does not end in time', async () => {
  const script = `process.on('SIGTERM', () => {}); console.log('up'); setInterval(() => {}, 1000)`;
  const child = await start('stubborn', script);
  await until(() => child.tail() === 'up');
  await child.stop('SIGTERM', 100);
  expect(child.exit).toEqual({ code: null, signal: 'SIGKILL' });
});

test('kill reaches a descendant that has left the process group', async () => {
  const child = await start('parent', PARENT_OF_ONE);
  await until(() => processTree(child.pid).length === 2);
  const tree = processTree(child.pid);
  const all = processTable();
  expect(processTree(child.pid, all)).toEqual(tree);
  expect(processTree(process.pid, all)).toEqual(expect.arrayContaining(tree));
  await child.kill();
  expect(anyAlive(tree)).toBe(false);
});

test('pause stops the descendants too, and resume lets them go on', async () => {
  const child = await start('paused', PARENT_OF_ONE);
  await until(() => processTree(child.pid).length === 2);
  const tree = processTree(child.pid);
  child.pause();
  await until(() => tree.every((pid) => state(pid) === 'T'));
  child.resume();
  await until(() => tree.every((pid) => state(pid) === 'S'));
  await child.kill();
});

test('a command that does not exist is a rejected start', async () => {
  const options = { name: 'none', command: '/nonexistent/command', args: [], logFile: join(dir, 'none.log') };
  await expect(OwnedProcess.start(options)).rejects.toMatchObject({ code: 'ENOENT' });
});

test('the guardian kills everything that was entrusted to it, down to the last descendant, when its parent dies', async () => {
  const child = await start('entrusted', PARENT_OF_ONE);
  await until(() => processTree(child.pid).length === 2);
  const tree = processTree(child.pid);
  const script = fileURLToPath(new URL('../bin/guardian.mjs', import.meta.url));
  const guardian = spawn(process.execPath, [script], { stdio: ['pipe', 'ignore', 'ignore'] });
  guardian.stdin.write(`+${child.pid}\n`);
  guardian.stdin.end();
  await until(() => !anyAlive(tree));
  await until(() => guardian.exitCode === 0);
});
