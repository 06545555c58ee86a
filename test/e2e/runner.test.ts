import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, jest, test } from '@jest/globals';
import type { FlowReport, JsonObject } from '@cordyna/protocol/model';
import {
  awaitUntil,
  installation,
  programCommand,
  REPOSITORY,
  startProcess,
  temporaryDirectory,
  type ApiRun,
  type Installation,
  type StartedProcess,
} from '@cordyna/testkit';

jest.setTimeout(60_000);

const TASKS = `
tasks:
  - name: echo
    cmd: [echo, '\${args.text}']
  - name: fails
    cmd: [sh, -c, 'echo it is late >&2; exit 3']
    retry: { maxAttempts: 2, backoffMs: 10 }
  - name: container
    image: nothing
  - { name: waits, cmd: [sleep, '300'] }
activities:
  cmd: { programs: [sh] }
`;
const FLOW = `
flow: letters
settleMs: 50
jobs:
  - { name: upper, script: [./upper.sh], source: in, target: upper, files: '*.txt' }
  - { name: twice, script: [./twice.sh], source: upper, target: twice, files: '*.txt' }
`;

let cordyna: Installation;
let dir: string;
beforeAll(async () => {
  [cordyna, dir] = await Promise.all([installation({ coordinators: 1 }), temporaryDirectory('runner')]);
}, 120_000);

/** Commands are found as on this machine; a Docker engine is not. */
async function startRunner(configuration: string, server: string): Promise<StartedProcess> {
  const started = await startProcess({
    name: server,
    command: [...programCommand('runner'), configuration],
    env: {
      KAFKA_BROKERS: cordyna.brokers.join(','),
      CORDYNA_TOPIC_PREFIX: cordyna.prefix,
      DOCKER_HOST: `unix://${join(dir, 'no-docker.sock')}`,
      CORDYNA_DRAIN_MS: '100',
    },
  });
  await started.waitForOutput(/is online/);
  return started;
}

describe('the runner', () => {
  beforeAll(async () => {
    writeFileSync(join(dir, 'runner.yaml'), TASKS);
    await startRunner(join(dir, 'runner.yaml'), 'runner');
  });

  const finished = async (task: string, args: JsonObject = {}): Promise<ApiRun> => {
    return cordyna.api.untilFinished(await cordyna.api.createRun({ task, args }));
  };

  test('runs a command, whose lines are the log of the run', async () => {
    const { run, tasks } = await finished('runner.echo', { text: '$HOME "and more"' });

    expect(tasks).toMatchObject([{ state: 'completed', output: { exitCode: 0, lines: 1 } }]);
    await awaitUntil('its line is in the history', async () => {
      const { body } = await cordyna.api.request('GET', `/api/v1/runs/${run}/log`);
      return JSON.stringify(body).includes('$HOME \\"and more\\"');
    });
  });

  test('says why a command failed, in each of its attempts', async () => {
    expect((await finished('runner.fails')).tasks).toMatchObject([
      {
        state: 'error',
        attempt: 2,
        error: { code: 'command_failed', description: 'Its last lines:\nit is late' },
      },
    ]);
  });

  test('says that there is no Docker engine', async () => {
    expect((await finished('runner.container')).tasks).toMatchObject([
      { error: { code: 'no_docker_engine' } },
    ]);
  });

  test('runs the command of an activity', async () => {
    const env = { TRIGGER: 'e', RULE_ID: 'r', NAME: 'n', FORCE: 'false' };
    const activity = { cmd: `sh -c 'test "$RULE_ID" = r && test -z "$KAFKA_BROKERS"'` };

    expect((await finished('runner.cmd', { activity, env })).tasks).toMatchObject([{ state: 'completed' }]);
    expect((await finished('runner.cmd', { activity: { cmd: 'rm -r x' }, env })).tasks).toMatchObject([
      { error: { code: 'not_allowed' } },
    ]);
  });

  test('runs the command of a rule that an event fires, and its success is the next event', async () => {
    const made = join(dir, 'made-by-a-rule');
    const define = async (path: string, body: object): Promise<void> => {
      expect((await cordyna.api.request('POST', `/api/v1/${path}`, { body })).status).toBe(201);
    };
    await define('event-sets', { name: 'letter', events: ['letter.came'] });
    await define('event-sets', { name: 'answer', events: ['letter.answered'] });
    const cmd = ['sh', '-c', `echo "$RULE_ID $TRIGGER $WHO" > ${made}`];
    const activity = { cmd, env: { WHO: 'ann' } };
    await define('rules', { name: 'answer', eventSet: 'letter', activity, triggering: 'answer' });
    await cordyna.api.request('POST', '/api/v1/signals', { body: { type: 'letter.came' } });

    await awaitUntil('the next event happened', async () => {
      const { body } = await cordyna.api.request('GET', '/api/v1/signals?type=letter.answered');
      return (body as { items: readonly object[] }).items.length === 1;
    });
    expect(readFileSync(made, 'utf8')).toBe('answer letter ann\n');
    const { body } = await cordyna.api.request('GET', '/api/v1/rules/answer/firings');
    const [firing] = (body as { items: readonly { run: string }[] }).items;
    expect(firing).toMatchObject({ state: 'done', attempt: 1 });
    expect(await cordyna.api.run(firing!.run)).toMatchObject({
      ...{ state: 'completed', task: 'runner.cmd', trigger: { kind: 'rule', rule: 'answer' } },
    });
  });

  test('ends a command when its run is cancelled', async () => {
    const run = await cordyna.api.createRun({ task: 'runner.waits' });
    await awaitUntil('it runs', async () => (await cordyna.api.run(run)).tasks[0]?.state === 'started');
    await cordyna.api.cancel(run);

    await awaitUntil('it was refused as late', async () => {
      const rows = await cordyna.api.history(run);
      return rows.some(({ type, applied }) => type === 'cordyna.task.error.v1' && !applied);
    });
  });
});

describe('a folder flow', () => {
  const flow = async (): Promise<FlowReport & { readonly serverState: string }> => {
    const { body } = await cordyna.api.request('GET', '/api/v1/flows');
    return (body as (FlowReport & { readonly serverState: string })[])[0]!;
  };
  /** Of each job: preliminary, success, error. */
  const untilCounts = (expected: Readonly<Record<string, readonly number[]>>): Promise<FlowReport> =>
    awaitUntil(`the counts are ${JSON.stringify(expected)}`, async () => {
      const report = await flow();
      const counts = report?.jobs.map(({ job, counts: { preliminary, success, error } }) => [
        job,
        [preliminary, success, error],
      ]);
      return counts && JSON.stringify(Object.fromEntries(counts)) === JSON.stringify(expected)
        ? report
        : undefined;
    });
  const root = (): string => join(dir, 'letters');
  let runner: StartedProcess;
  beforeAll(async () => {
    mkdirSync(join(root(), 'in'), { recursive: true });
    writeFileSync(join(root(), 'flow.yaml'), FLOW);
    const script = (name: string, text: string): void => {
      writeFileSync(join(root(), name), `#!/bin/sh\n${text}\n`);
      chmodSync(join(root(), name), 0o755);
    };
    script('upper.sh', `grep -q bad "$1" && exit 5; tr a-z A-Z < "$1" > "$2"`);
    script('twice.sh', `cat "$1" "$1" > "$2"`);
    writeFileSync(join(root(), 'in/one.txt'), 'one\n');
    writeFileSync(join(root(), 'in/two.txt'), 'bad\n');
    runner = await startRunner(root(), 'letters');
  });

  test('is one graph, and each of its runs is a run of Cerebro', async () => {
    const report = await untilCounts({
      upper: [0, 1, 1],
      twice: [0, 1, 0],
    });

    expect(readFileSync(join(root(), 'twice/one.txt'), 'utf8')).toBe('ONE\nONE\n');
    const { edges } = await cordyna.api.graph();
    expect(edges).toContainEqual({ from: 'letters.upper', to: 'letters.twice' });
    expect(report).toMatchObject({ flow: 'letters', serverState: 'online' });
    const [failed] = report.jobs[0]!.files;
    expect(failed).toMatchObject({
      file: 'upper/two.txt',
      status: 'error',
      error: { code: 'command_failed' },
    });
    expect(await cordyna.api.run(failed!.run!)).toMatchObject({
      ...{ state: 'failed', task: 'letters.upper', trigger: { kind: 'file' } },
    });
  });

  test('runs again over HTTP what failed', async () => {
    const [failed] = (await flow()).jobs[0]!.files;
    writeFileSync(join(root(), 'upper.sh'), '#!/bin/sh\necho repaired > "$2"\n');
    await cordyna.api.retry(failed!.run!);

    await untilCounts({
      upper: [0, 2, 0],
      twice: [0, 2, 0],
    });
  });

  test('stopped and started again makes only what is missing', async () => {
    await runner.stop();
    const runs = async (): Promise<number> =>
      (await cordyna.api.runs({ task: 'letters.upper' })).items.length;
    const before = await runs();
    writeFileSync(join(root(), 'in/three.txt'), 'three\n');
    runner = await startRunner(root(), 'letters');
    await awaitUntil('the new file is made', () => existsSync(join(root(), 'twice/three.txt')));

    expect(await runs()).toBe(before + 1);
  });
});

describe('the example that lists files and fans out', () => {
  test('takes each file by itself, and says what there is twice', async () => {
    const folder = join(dir, 'fan-out');
    mkdirSync(join(folder, 'b'), { recursive: true });
    const texts = { a: 'same', 'b/c': 'same', d: 'other', e: 'another' };
    for (const [name, text] of Object.entries(texts)) writeFileSync(join(folder, name), text);
    const started = await startProcess({
      name: 'fan-out',
      command: ['node', join(REPOSITORY, 'examples/fan-out/server.mjs')],
      env: { KAFKA_BROKERS: cordyna.brokers.join(','), CORDYNA_TOPIC_PREFIX: cordyna.prefix },
    });
    await started.waitForOutput(/is online/);
    const { state, tasks } = await cordyna.api.untilFinished(
      await cordyna.api.createRun({ task: 'files.list', args: { folder } }),
    );

    const summary = tasks.find(({ task }) => task === 'files.summary');
    expect({ state, output: summary?.output }).toEqual({
      state: 'completed',
      output: { files: 4, twice: [[join(folder, 'a'), join(folder, 'b/c')]] },
    });
    await started.stop();
  });
});
