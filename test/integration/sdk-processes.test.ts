import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { EventType } from '@cordyna/protocol/model';
import type { InvokeCommand } from '@cordyna/protocol/model';
import type { Execution } from '@cordyna/task-server/testing';
import { awaitUntil, REPOSITORY, startProcess, temporaryDirectory, testBroker } from '@cordyna/testkit';
import type { StartedProcess } from '@cordyna/testkit';
import { FakeCoordinator } from './sdk/fake-coordinator.js';

const MAIN = join(REPOSITORY, 'libs/task-server/dist/harness/generic/main.js');

describe('processes of a task server', () => {
  let coordinator: FakeCoordinator;
  let sideEffects: string;
  let servers = 0;
  beforeAll(async () => {
    coordinator = await FakeCoordinator.start(await testBroker());
    sideEffects = join(await temporaryDirectory('side-effects'), 'executions');
  });

  const newName = (): string => `process-${(servers += 1)}`;
  const executions = (): Execution[] =>
    readFileSync(sideEffects, 'utf8')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Execution);
  const executionsOf = (invocation: string): number =>
    executions().filter((execution) => execution.invocation === invocation).length;
  const isOnline = (name: string, process: StartedProcess): Promise<unknown> =>
    awaitUntil(
      `${process.pid} of ${name} is online`,
      () => coordinator.heartbeats.some(({ data }) => String(data.instance).includes(`-${process.pid}-`)),
      { timeoutMs: 20_000 },
    );

  async function start(name: string, sleepMs: number): Promise<StartedProcess> {
    const { brokers, prefix } = coordinator.broker;
    const process = await startProcess({
      name,
      command: ['node', MAIN],
      env: {
        KAFKA_BROKERS: brokers.join(','),
        CORDYNA_TOPIC_PREFIX: prefix,
        CORDYNA_CONCURRENCY: '4',
        CORDYNA_QUEUE_LIMIT: '1000',
        CORDYNA_SIDE_EFFECTS: sideEffects,
        CORDYNA_DECLARATION: JSON.stringify({ server: name, tasks: [{ name: 'work' }] }),
        CORDYNA_BEHAVIOURS: JSON.stringify({ work: { sleepMs } }),
      },
    });
    await isOnline(name, process);
    return process;
  }

  const invoke = (name: string, count: number): Promise<InvokeCommand[]> =>
    coordinator.invokeMany(
      name,
      Array.from({ length: count }, () => ({ task: `${name}.work` })),
    );

  test('SIGTERM hands over and ends the process with code 0; no acknowledged work runs twice', async () => {
    const name = newName();
    const first = await start(name, 20);
    const commands = await invoke(name, 200);
    await awaitUntil('some are done', () => executions().length > 20);
    const exit = await first.stop();
    const second = await start(name, 0);

    expect(exit).toMatchObject({ code: 0 });
    const returned = commands.filter(({ invocation }) => coordinator.states(invocation).at(-1) === 'error');
    const kept = commands.filter((command) => !returned.includes(command));
    expect(returned.length).toBeGreaterThan(0);
    for (const { invocation } of returned) {
      expect(await coordinator.error(invocation)).toMatchObject({ code: 'returned' });
      expect(executionsOf(invocation)).toBe(0);
    }
    for (const { invocation } of kept) await coordinator.completed(invocation);
    for (const { invocation } of kept) expect(executionsOf(invocation)).toBe(1);
    expect(coordinator.statesOf(name)).toContain('offline');
    await second.stop();
  });

  test('kill -9: what the process had not acknowledged is run by another one', async () => {
    const name = newName();
    const first = await start(name, 50);
    const second = await start(name, 0);
    const commands = await invoke(name, 100);
    await awaitUntil('work has begun', () =>
      commands.some(({ invocation }) => coordinator.states(invocation).length > 0),
    );
    await first.kill('SIGKILL');
    // The killed member's partitions move on at the end of its session.
    const late = await invoke(name, 50);

    for (const { invocation } of late) {
      await coordinator.update(invocation, EventType.taskCompleted, 20_000);
      expect(executionsOf(invocation)).toBe(1);
    }
    await awaitUntil('every command was acknowledged by somebody', () =>
      commands.every(({ invocation }) => coordinator.states(invocation).length > 0),
    );
    await second.stop();
  });

  test('a process that Cerebro rejects ends with a code other than 0 and shows every error', async () => {
    coordinator.answer = 'reject';
    const { brokers, prefix } = coordinator.broker;
    const process = await startProcess({
      name: 'rejected',
      command: ['node', MAIN],
      env: {
        KAFKA_BROKERS: brokers.join(','),
        CORDYNA_TOPIC_PREFIX: prefix,
        CORDYNA_DECLARATION: JSON.stringify({ server: newName(), tasks: [{ name: 'a' }] }),
      },
    });
    const exit = await process.exited;
    coordinator.answer = 'accept';

    expect(exit.code).toBe(1);
    expect(process.output()).toContain('/tasks/0/dependsOn/0: closes the cycle a -> b -> a (cycle)');
    expect(process.output()).toContain('/tasks/1/name: is declared twice (duplicate_name)');
  });
});
