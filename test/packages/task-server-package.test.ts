import { execFile } from 'node:child_process';
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { REPOSITORY, startProcess, temporaryDirectory, testBroker } from '@cordyna/testkit';
import { FakeCoordinator } from '../integration/sdk/fake-coordinator.js';

const run = promisify(execFile);
const INSTALL_MS = 120_000;

const TASK_SERVER = `
import { createTaskServer, optionsFromEnvironment, TaskFailure } from '@cordyna/task-server';

const server = createTaskServer({ ...optionsFromEnvironment(), name: 'packed', version: '1.0.0' })
  .task<{ rows: number }>('count', { every: '60s', args: { rows: 3 } }, async ({ event, tools }) => {
    if (event.args.rows < 0) throw TaskFailure.nonRetryable('no_rows', 'there are no rows');
    tools.logger.info('counting');
    return { counted: event.args.rows };
  })
  .job('nightly', { tasks: ['count'] });
await server.start();
`;
const UNIT_TEST = `
import { createTaskServer } from '@cordyna/task-server';
import { runTask } from '@cordyna/task-server/testing';

const server = createTaskServer({ name: 'x', brokers: [] }).task('double', ({ event }) => ({ n: 2 * Number(event.args.n) }));
const result = await runTask(server, 'double', { args: { n: 21 } });
if (result.state !== 'completed' || result.output.n !== 42) throw new Error(JSON.stringify(result));
`;
const WRONG = `
import { createTaskServer } from '@cordyna/task-server';
createTaskServer({ name: 'x', brokers: [] }).task('a', { evry: '60s' }, () => ({}));
`;

describe('the package that npm pack makes', () => {
  let project: string;
  let errors: readonly string[];
  beforeAll(async () => {
    project = await temporaryDirectory('packed');
    const packing = ['pack', '--pack-destination', project, '--loglevel', 'error'];
    await run('npm', packing, { cwd: join(REPOSITORY, 'libs/task-server'), timeout: INSTALL_MS });
    const [tarball] = readdirSync(project).filter((file) => file.endsWith('.tgz'));
    writeFileSync(
      join(project, 'package.json'),
      JSON.stringify({ name: 'empty', type: 'module', private: true }),
    );
    const flags = ['--ignore-scripts', '--no-audit', '--no-fund', '--prefer-offline', '--loglevel', 'error'];
    await run('npm', ['install', ...flags, `./${tarball}`], { cwd: project, timeout: INSTALL_MS });
    errors = await compile({ server: TASK_SERVER, unit: UNIT_TEST, wrong: WRONG });
  }, 2 * INSTALL_MS);

  /** Compiles all of them at once by the repository's TypeScript, whose own types are not in reach. */
  async function compile(sources: Readonly<Record<string, string>>): Promise<string[]> {
    const files = Object.keys(sources).map((name) => `${name}.ts`);
    for (const [name, source] of Object.entries(sources)) writeFileSync(join(project, `${name}.ts`), source);
    const tsc = join(REPOSITORY, 'node_modules/typescript/bin/tsc');
    const options = ['--strict', '--target', 'es2022', '--module', 'nodenext', '--ignoreConfig'];
    const compiling = run(process.execPath, [tsc, ...options, ...files], { cwd: project, timeout: 60_000 });
    const { stdout } = await compiling.catch((error: unknown) => error as { stdout: string });
    return stdout.split('\n').filter((line) => line.includes('error'));
  }

  test('a task server that depends on nothing else registers, and runs a task', async () => {
    const coordinator = await FakeCoordinator.start(await testBroker());
    const { brokers, prefix } = coordinator.broker;
    const server = await startProcess({
      name: 'packed',
      command: ['node', join(project, 'server.js')],
      cwd: project,
      env: { KAFKA_BROKERS: brokers.join(','), CORDYNA_TOPIC_PREFIX: prefix },
    });
    await server.waitForOutput(/packed is online/);

    expect(coordinator.declarations[0]?.data).toEqual({
      server: 'packed',
      version: '1.0.0',
      tasks: [{ name: 'count', everyMs: 60_000, args: { rows: 3 } }],
      jobs: [{ name: 'nightly', tasks: [{ task: 'count' }] }],
    });
    const { invocation } = await coordinator.invoke('packed', 'count', { args: { rows: 5 } });
    expect((await coordinator.completed(invocation)).event.data.output).toEqual({ counted: 5 });
    expect(await server.stop()).toMatchObject({ code: 0 });
  }, 120_000);

  test('its types catch a misspelt option, and nothing else', () => {
    expect(errors).toEqual([
      expect.stringMatching(/^wrong\.ts.*'evry' does not exist in type 'TaskOptions'/),
    ]);
  });

  test('a task is tested by runTask without a broker', async () => {
    await run(process.execPath, [join(project, 'unit.js')], { cwd: project, timeout: 30_000 });
  }, 60_000);

  test('it brings neither Nest nor anything of this repository along', () => {
    const installed = readdirSync(join(project, 'node_modules'));

    expect(installed).not.toContain('@nestjs');
    expect(readdirSync(join(project, 'node_modules/@cordyna'))).toEqual(['task-server']);
  });
});
