import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import Docker from 'dockerode';
import type { TaskServer } from '@cordyna/task-server';
import { runTask } from '@cordyna/task-server/testing';
import { awaitUntil, temporaryDirectory } from '@cordyna/testkit';
import { ownLabels, removeLeftOver } from '../src/container/left-over.js';
import { EngineStub } from './engine-stub.js';
import { runnerOf } from './runner-of.js';

// No Docker here: the other side is a stub that speaks the Engine API, see engine-stub.ts.
const folder = await temporaryDirectory('runner');
const TASKS = [
  {
    name: 'report',
    image: 'reports:1',
    cmd: ['make', 'report'],
    args: ['--day', '${args.day}'],
    env: { WHO: 'me' },
    mounts: ['/srv/in:/in:ro', { source: 'cache', target: '/cache' }],
    cpuReservation: 0.5,
    memReservation: '512m',
    network: 'reports',
  },
  { name: 'fails', image: 'fails' },
  { name: 'pulls', image: 'elsewhere/pulled' },
  { name: 'unknown', image: 'elsewhere/unknown:2' },
  { name: 'hangs', image: 'hangs', timeoutMs: 300 },
  { name: 'waits', image: 'hangs' },
];

let engine: EngineStub;
let server: TaskServer;
beforeAll(async () => {
  engine = await EngineStub.start(folder);
  server = await runnerOf(folder, { tasks: TASKS }, new Docker({ socketPath: engine.socketPath }));
  engine.images.add('reports:1').add('fails').add('hangs');
  engine.registry.add('elsewhere/pulled:latest');
  engine.behaviours.set('reports:1', { frames: [['stdout', 'one\ntw'], ['stderr', 'careful\n'], ['stdout', 'o\n']] }); // prettier-ignore
  engine.behaviours.set('fails', { frames: [['stderr', 'no space left\n']], exitCode: 7 });
  engine.behaviours.set('hangs', { untilStopped: true });
});
beforeEach(() => void engine.asked.splice(0));
afterAll(() => engine.stop());

describe('a container', () => {
  test('is created as declared, its lines are the log, and it is removed', async () => {
    const result = await runTask(server, 'report', {
      args: { day: 'monday; rm' },
      run: 'r1',
      invocation: 'i1',
    });

    expect(result).toMatchObject({ state: 'completed', output: { exitCode: 0, lines: 3 } });
    expect(result.logs).toEqual(
      expect.arrayContaining([
        { level: 'info', message: 'one' },
        { level: 'info', message: 'two' },
        { level: 'warn', message: 'careful' },
      ]),
    );
    expect(engine.asked).toEqual([
      'POST /containers/create',
      'POST /containers/{id}/attach',
      'POST /containers/{id}/start',
      'POST /containers/{id}/wait',
      'DELETE /containers/{id}',
    ]);
    expect(engine.created.at(-1)).toEqual({
      Image: 'reports:1',
      Cmd: ['make', 'report', '--day', 'monday; rm'],
      Env: [
        'WHO=me',
        'CORDYNA_RUN=r1',
        'CORDYNA_TASK=runner.report',
        'CORDYNA_ATTEMPT=1',
        'CORDYNA_INVOCATION=i1',
      ],
      Labels: {
        'cordyna.task': 'runner.report',
        'cordyna.run': 'r1',
        'cordyna.invocation': 'i1',
        'cordyna.server': 'runner',
        'cordyna.runner.host': hostname(),
        'cordyna.runner.pid': String(process.pid),
        'cordyna.until': expect.stringMatching(/^\d{4}-.*Z$/),
      },
      HostConfig: {
        Init: true,
        Mounts: [
          { Type: 'bind', Source: '/srv/in', Target: '/in', ReadOnly: true },
          { Type: 'volume', Source: 'cache', Target: '/cache', ReadOnly: false },
        ],
        NetworkMode: 'reports',
        CpuShares: 512,
        MemoryReservation: 536_870_912,
      },
    });
  });

  test('that fails says its code and its last lines, and is removed', async () => {
    expect(await runTask(server, 'fails')).toMatchObject({
      error: { code: 'container_failed', message: 'the container of fails ended with code 7: no space left' },
    });
    expect(engine.containers.size).toBe(0);
  });

  test('of an image that the engine does not have is created after the image was pulled', async () => {
    expect(await runTask(server, 'pulls')).toMatchObject({ state: 'completed' });
    expect(engine.asked.slice(0, 3)).toEqual(['POST /containers/create', 'POST /images/create', 'POST /containers/create']); // prettier-ignore
  });

  test('of an image that nobody has ends in an error that names it', async () => {
    expect(await runTask(server, 'unknown')).toMatchObject({
      error: {
        code: 'image_not_found',
        retryable: false,
        message: expect.stringContaining('elsewhere/unknown:2'),
      },
    });
  });

  test('that takes too long is stopped and removed', async () => {
    expect(await runTask(server, 'hangs')).toMatchObject({ error: { code: 'container_timeout' } });
    expect(engine.asked.slice(-2)).toEqual(['POST /containers/{id}/stop', 'DELETE /containers/{id}']);
  });

  test('is stopped and removed when the task is cancelled', async () => {
    const cancel = new AbortController();
    const ended = runTask(server, 'waits', { signal: cancel.signal });
    await awaitUntil('the container is waited for', () =>
      engine.asked.includes('POST /containers/{id}/wait'),
    );
    cancel.abort(Object.assign(new Error('cancelled by somebody'), { name: 'AbortError' }));

    expect(await ended).toMatchObject({ error: { code: 'cancelled' } });
    expect(engine.containers.size).toBe(0);
  });

  test('without an engine ends in an error that says what to do', async () => {
    const alone = await runnerOf(
      folder,
      { tasks: TASKS },
      new Docker({ socketPath: join(folder, 'nobody.sock') }),
    );

    expect(await runTask(alone, 'fails')).toMatchObject({
      error: { code: 'no_docker_engine', description: expect.stringContaining('DOCKER_HOST') },
    });
  });
});

describe('containers that a killed runner left', () => {
  const docker = () => new Docker({ socketPath: engine.socketPath });
  const HOUR_MS = 3_600_000;
  /** A number that no process has any more. */
  const deadPid = async (): Promise<string> => {
    const child = spawn(process.execPath, ['-e', '']);
    await once(child, 'exit');
    return String(child.pid);
  };
  const leave = async (more: Readonly<Record<string, string>>): Promise<string> => {
    const Labels = { ...ownLabels('runner', Date.now() + HOUR_MS), ...more };
    return (await docker().createContainer({ Image: 'hangs', Labels })).id;
  };

  test('are removed at the next start, those of others are not', async () => {
    const gone = [
      await leave({ 'cordyna.runner.pid': await deadPid() }),
      await leave({}),
      await leave({
        'cordyna.runner.host': 'elsewhere',
        'cordyna.until': new Date(Date.now() - HOUR_MS).toISOString(),
      }),
    ];
    const kept = [
      await leave({ 'cordyna.runner.pid': String(process.ppid) }),
      await leave({ 'cordyna.runner.host': 'elsewhere' }),
      await leave({ 'cordyna.server': 'other' }),
    ];
    await removeLeftOver(docker(), 'runner');
    expect(gone.filter((id) => engine.containers.has(id))).toEqual([]);
    expect(kept.filter((id) => !engine.containers.has(id))).toEqual([]);
    for (const id of kept) engine.containers.delete(id);
  });

  test('keep no runner from starting when there is no engine', async () => {
    const nobody = new Docker({ socketPath: join(folder, 'nobody.sock') });
    await expect(removeLeftOver(nobody, 'runner')).resolves.toBeUndefined();
  });
});

describe('an activity of a rule', () => {
  const activities = {
    cmd: { programs: [process.execPath] },
    docker: { images: ['worker'], network: 'cirrus' },
  };
  const env = { TRIGGER: 'ns:event:1', RULE_ID: 'ns:rule:1', NAME: 'ns-rule-1-r1', FORCE: 'true' };
  const runner = (): Promise<TaskServer> =>
    runnerOf(folder, { activities }, new Docker({ socketPath: engine.socketPath }));

  test('cmd runs a program with the four variables and those of the activity, which win over nothing', async () => {
    const print = `console.log(['TRIGGER','RULE_ID','NAME','FORCE','MORE'].map((name) => process.env[name]).join())`;
    const activity = { cmd: [process.execPath, '-e', print], env: { MORE: 1, FORCE: 'false' } };

    expect(await runTask(await runner(), 'cmd', { args: { activity, env } })).toMatchObject({
      logs: [{ message: 'ns:event:1,ns:rule:1,ns-rule-1-r1,true,1' }],
    });
  });

  test('cmd takes a text apart at its blanks and quotes, and nothing else', async () => {
    const cmd = `${process.execPath} -p 'process.argv.slice(1).join("|")' -- "a b" $HOME *`;

    expect(await runTask(await runner(), 'cmd', { args: { activity: { cmd }, env } })).toMatchObject({
      logs: [{ message: 'a b|$HOME|*' }],
    });
  });

  test('docker runs an image as Cirrus does', async () => {
    engine.images.add('worker');
    const activity = { cmd: '', task_type: 'docker', image: 'worker', env: ['A=b=c'], mounts: ['/a:/b'], mem_reservation: 0.5 }; // prettier-ignore

    expect(await runTask(await runner(), 'docker', { args: { activity, env } })).toMatchObject({
      state: 'completed',
    });
    expect(engine.created.at(-1)).toMatchObject({
      Image: 'worker',
      Env: expect.arrayContaining([
        'A=b=c',
        'TRIGGER=ns:event:1',
        'RULE_ID=ns:rule:1',
        'NAME=ns-rule-1-r1',
        'FORCE=true',
      ]),
      HostConfig: { NetworkMode: 'cirrus', CpuShares: 1024, MemoryReservation: 500_000_000 },
    });
    expect(engine.created.at(-1)).not.toHaveProperty('Cmd');
  });

  test.each([
    ['cmd', { cmd: 'rm -rf /' }, 'not_allowed', 'activities.cmd.programs'],
    ['cmd', { cmd: ' ' }, 'activity_invalid', 'Correct'],
    ['cmd', { cmd: process.execPath, env: 'x' }, 'activity_invalid', 'Correct'],
    ['docker', { cmd: '' }, 'activity_invalid', 'Correct'],
    ['docker', { image: 'other' }, 'not_allowed', 'activities.docker.images'],
    ['docker', { image: 'worker', mounts: ['/a'] }, 'activity_invalid', 'Correct'],
    ['docker', { image: 'worker', cpu_reservation: 'much' }, 'activity_invalid', 'Correct'],
  ])('%s refuses %p with %s', async (task, activity, code, description) => {
    expect(await runTask(await runner(), task, { args: { activity, env } })).toMatchObject({
      error: { code, retryable: false, description: expect.stringContaining(description) },
    });
  });

  test('is declared only where the configuration allows it', async () => {
    const declared = await runnerOf(folder, { activities: { cmd: { programs: ['*'] } } });
    expect(declared.declaration().tasks.map(({ name }) => name)).toEqual(['cmd']);
  });
});
