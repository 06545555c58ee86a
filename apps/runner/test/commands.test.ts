import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import type { TaskServer } from '@cordyna/task-server';
import { runTask } from '@cordyna/task-server/testing';
import { awaitUntil, temporaryDirectory } from '@cordyna/testkit';
import { runnerOf } from './runner-of.js';

const folder = await temporaryDirectory('runner');
const node = process.execPath;
const script = (code: string): string[] => [node, '-e', code];
const pidFile = join(folder, 'descendant.pid');

/** Starts a descendant that ignores SIGTERM, and waits for it. */
const STUBBORN = `
  const child = require('child_process').spawn(process.execPath, ['-e', "process.on('SIGTERM',()=>{});setInterval(()=>{},1000);console.log('up')"]);
  child.stdout.once('data', () => { require('fs').writeFileSync(${JSON.stringify(pidFile)}, String(child.pid)); console.log('descendant is up'); });
  process.on('SIGTERM', () => {});`;

const TASKS = [
  {
    name: 'says',
    cmd: script(`console.log('to', 'out'); console.error('to err'); process.stdout.write('no end')`),
  },
  { name: 'echoes', cmd: [...script('console.log(JSON.stringify(process.argv.slice(1)))'), '--'], args: ['${args.file}', 'a ${item} b', '${args.list}'] }, // prettier-ignore
  {
    name: 'environment',
    cmd: script('console.log(JSON.stringify(process.env))'),
    env: { N: 1, WHO: '${args.who}' },
  },
  { name: 'answers', cmd: script(`const fs = require('fs'); const event = JSON.parse(fs.readFileSync(process.env.CORDYNA_EVENT_FILE)); fs.writeFileSync(process.env.CORDYNA_OUTPUT_FILE, JSON.stringify({ doubled: event.args.n * 2 }))`) }, // prettier-ignore
  {
    name: 'answers-wrongly',
    cmd: script(`require('fs').writeFileSync(process.env.CORDYNA_OUTPUT_FILE, '[1]')`),
  },
  {
    name: 'fails',
    cmd: script(`console.log('begin'); console.error('the disk is on fire'); process.exitCode = 3`),
  },
  { name: 'floods', cmd: script(`for (let i = 0; i < 3000; i++) console.log('line ' + i); console.log('x'.repeat(10000))`), logLines: 50 }, // prettier-ignore
  { name: 'hangs', cmd: script(STUBBORN), timeoutMs: 700 },
  { name: 'waits', cmd: script(STUBBORN) },
  { name: 'missing', cmd: 'no-such-program-anywhere' },
  { name: 'nowhere', cmd: node, cwd: 'no-such-folder' },
  { name: 'not-executable', cmd: './plain.txt' },
  { name: 'own-script', cmd: './bin/where.sh', cwd: 'bin' },
];

let server: TaskServer;
beforeAll(async () => {
  mkdirSync(join(folder, 'bin'));
  writeFileSync(join(folder, 'plain.txt'), 'text');
  writeFileSync(join(folder, 'bin/where.sh'), '#!/bin/sh\npwd\n');
  chmodSync(join(folder, 'bin/where.sh'), 0o755);
  server = await runnerOf(folder, { inheritEnv: ['WANTED'], tasks: TASKS });
});

const isAlive = (pid: number): boolean => {
  try {
    // A zombie that nobody has waited for yet counts as ended.
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
};
const descendant = (): number => Number(readFileSync(pidFile, 'utf8'));

describe('a command', () => {
  test('gives its lines to the log and its exit code to the output', async () => {
    const result = await runTask(server, 'says');

    expect(result).toMatchObject({ state: 'completed', output: { exitCode: 0, lines: 3 } });
    expect(result.logs.filter(({ level }) => level === 'info').map(({ message }) => message)).toEqual(['to out', 'no end']); // prettier-ignore
    expect(result.logs.filter(({ level }) => level === 'warn').map(({ message }) => message)).toEqual([
      'to err',
    ]);
  });

  test('gets values of the run as arguments that no shell reads', async () => {
    const args = { file: '$(touch /tmp/x); `id` "quoted" *', list: [1, { a: 2 }] };

    const { logs } = await runTask(server, 'echoes', { args, item: { value: 'one two' } });

    expect(JSON.parse(logs[0]?.message ?? '')).toEqual([args.file, 'a one two b', '[1,{"a":2}]']);
  });

  test('does not start without a value that it asks for', async () => {
    expect(await runTask(server, 'echoes', { args: { file: 'x' }, item: { value: 1 } })).toMatchObject({
      error: { code: 'argument_missing', retryable: false, message: expect.stringContaining('${args.list}') },
    });
    expect(await runTask(server, 'environment', { args: { who: 'a\0b' } })).toMatchObject({
      error: { code: 'argument_invalid' },
    });
  });

  test('gets of the environment what it needs, what it declares and what the runner may pass on', async () => {
    const result = await runTask(server, 'environment', { args: { who: 'me' }, run: 'r1', attempt: 2 });
    const env = JSON.parse(result.logs[0]?.message ?? '') as Record<string, string>;

    expect(env).toMatchObject({
      N: '1',
      WHO: 'me',
      WANTED: 'wanted',
      CORDYNA_RUN: 'r1',
      CORDYNA_ATTEMPT: '2',
    });
    expect(env).toMatchObject({ CORDYNA_TASK: 'runner.environment', PATH: process.env['PATH'] });
    expect(env).not.toHaveProperty('SECRET_OF_THE_RUNNER');
    expect(existsSync(String(env['CORDYNA_EVENT_FILE']))).toBe(false);
  });

  test('reads what it is invoked with and writes its output in files', async () => {
    expect(await runTask(server, 'answers', { args: { n: 21 } })).toMatchObject({ output: { doubled: 42 } });
    expect(await runTask(server, 'answers-wrongly')).toMatchObject({ error: { code: 'output_not_json' } });
  });

  test('that fails says its code and its last lines', async () => {
    expect(await runTask(server, 'fails')).toMatchObject({
      error: {
        code: 'command_failed',
        message: 'node ended with code 3: the disk is on fire',
        description: 'Its last lines:\nthe disk is on fire',
        retryable: true,
      },
    });
  });

  test('that writes without end shows its first and its last lines, each cut to a length', async () => {
    const { logs } = await runTask(server, 'floods');
    const lines = logs.map(({ message }) => message);

    expect(lines).toHaveLength(50 + 1 + 20);
    expect(lines.slice(49, 52)).toEqual([
      'line 49',
      '2931 lines are not shown; the last ones of 3001:',
      'line 2981',
    ]);
    expect(lines.at(-1)).toBe(`${'x'.repeat(4000)}… (6000 more characters)`);
  });

  test('that takes too long is ended with all that it started', async () => {
    const result = await runTask(server, 'hangs');

    expect(result).toMatchObject({
      error: { code: 'command_timeout', message: 'node was ended: it ran for 700 ms', retryable: true },
    });
    await awaitUntil('its descendant is gone', () => !isAlive(descendant()));
  });

  test('ends with all that it started when the task is cancelled', async () => {
    const cancel = new AbortController();
    const ended = runTask(server, 'waits', { signal: cancel.signal });
    const before = descendant();
    await awaitUntil('its descendant runs', () => descendant() !== before);
    cancel.abort(Object.assign(new Error('cancelled by somebody'), { name: 'AbortError' }));

    expect(await ended).toMatchObject({ error: { code: 'cancelled' } });
    await awaitUntil('its descendant is gone', () => !isAlive(descendant()));
  });

  test.each([
    ['missing', 'command_not_found', 'no-such-program-anywhere'],
    ['nowhere', 'command_not_found', 'no-such-folder'],
    ['not-executable', 'command_not_executable', 'plain.txt'],
  ])('%s ends in %s, for good', async (task, code, place) => {
    expect(await runTask(server, task)).toMatchObject({
      error: { code, retryable: false, message: expect.stringContaining(place) },
    });
  });

  test('is found in the folder of the configuration and runs where it is told to', async () => {
    expect(await runTask(server, 'own-script')).toMatchObject({
      logs: [{ message: expect.stringMatching(/bin$/) }],
    });
  });
});
