import { beforeAll, describe, expect, jest, test } from '@jest/globals';
import { EventType, type InvokeCommand, type JsonObject } from '@cordyna/protocol/model';
import { ApiError, awaitUntil, installation, scriptedServer } from '@cordyna/testkit';
import type { ApiHistoryRow, ApiRun, ApiTaskRun, Installation, ScriptedServer } from '@cordyna/testkit';

jest.setTimeout(60_000);

const KIB = 1024;
const patient = { timeouts: { ackMs: 300_000 } };
const days = { type: 'object', required: ['day'], properties: { day: { type: 'string', maxLength: 10 } } };
const declaration = {
  server: 'desk',
  tasks: [
    { name: 'alone', ...patient },
    { name: 'first', ...patient },
    { name: 'second', dependsOn: ['first'], ...patient },
    { name: 'dated', argsSchema: days, ...patient },
    { name: 'source', ...patient },
    { name: 'strict', dependsOn: ['source'], argsSchema: days, ...patient },
    { name: 'after-strict', dependsOn: ['strict'], ...patient },
    { name: 'promised', outputSchema: days, retry: { maxAttempts: 3, backoffMs: 1 }, ...patient },
    { name: 'left', ...patient },
    { name: 'right', dependsOn: ['left'], ...patient },
    { name: 'both', dependsOn: ['left', 'right'], ...patient },
  ],
};

interface Command {
  readonly type: string;
  readonly partition: number;
  readonly offset: bigint;
  readonly data: JsonObject;
}

describe.each([1, 2])('how attempts end, with %i coordinator(s)', (coordinators) => {
  let cordyna: Installation;
  let server: ScriptedServer;

  beforeAll(async () => {
    cordyna = await installation({ coordinators });
    server = await scriptedServer(cordyna.brokers, cordyna.prefix, declaration);
  }, 120_000);

  const taskOf = (run: ApiRun, task: string): ApiTaskRun =>
    run.tasks.find((one) => one.task === `desk.${task}`) as ApiTaskRun;
  const states = (run: ApiRun): Record<string, string> =>
    Object.fromEntries(run.tasks.map(({ task, state }) => [task.slice('desk.'.length), state]));
  const untilState = (run: string, task: string, state: string): Promise<unknown> =>
    awaitUntil(`${task} is ${state}`, async () => taskOf(await cordyna.api.run(run), task).state === state);
  async function begun(run: string, task: string, attempt?: number): Promise<InvokeCommand> {
    const command = await server.untilInvoked(run, `desk.${task}`, attempt);
    await server.say(command, 'started');
    return command;
  }
  async function complete(run: string, task: string, output: JsonObject = {}): Promise<InvokeCommand> {
    const command = await begun(run, task);
    await server.say(command, 'completed', { output });
    return command;
  }
  /** The row of what was said in this record. */
  const rowOf = (
    { topic, partition, offset }: { topic: string; partition: number; offset: bigint },
    run: string,
  ) =>
    awaitUntil(`${topic}/${partition}/${offset} is in the history`, async () =>
      (await cordyna.api.history(run)).find(
        (row: ApiHistoryRow) =>
          row.topic === topic && row.partition === partition && row.offset === offset.toString(),
      ),
    );
  const commandsOf = async (run: string): Promise<Command[]> =>
    (await cordyna.dump('commands.desk'))
      .map(({ value, partition, offset }) => ({
        ...(JSON.parse(value ?? '{}') as { type: string; data: JsonObject }),
        partition,
        offset,
      }))
      .filter(({ data }) => data['run'] === run);

  test('what is handed back is invoked again at once, and does not count as an attempt that failed', async () => {
    const run = await cordyna.api.createRun({ task: 'desk.alone' });
    const error = { code: 'returned', message: 'the queue is full' };
    const first = await server.untilInvoked(run, 'desk.alone');
    await server.say(first, 'error', { error });
    const second = await server.untilInvoked(run, 'desk.alone', 2);
    await server.say(second, 'queued');
    await server.say(second, 'error', { error });
    const third = await server.untilInvoked(run, 'desk.alone', 3);
    expect(new Set([first, second, third].map(({ invocation }) => invocation)).size).toBe(3);
    const late = await server.say(first, 'completed');
    expect(await rowOf(late, run)).toMatchObject({
      applied: false,
      reason: expect.stringContaining('not the present attempt'),
    });
    await server.say(third, 'completed', { output: { third: true } });
    const ended = await cordyna.api.untilFinished(run);
    expect(ended.tasks).toMatchObject([{ state: 'completed', attempt: 3, output: { third: true } }]);
    expect((await commandsOf(run)).map(({ type }) => type)).toEqual(Array(3).fill(EventType.taskInvoke));
  });

  test('what was begun and is handed back nevertheless has failed', async () => {
    const run = await cordyna.api.createRun({ task: 'desk.alone' });
    await server.say(await begun(run, 'alone'), 'error', { error: { code: 'returned', message: 'no more' } });
    expect((await cordyna.api.untilFinished(run)).tasks).toMatchObject([
      { state: 'error', attempt: 1, error: { code: 'returned' } },
    ]);
  });

  test('a cancelled run is cancelled at once; its servers are told, and what they say later changes nothing', async () => {
    const run = await cordyna.api.createRun({ task: 'desk.first' });
    const command = await begun(run, 'first');
    await untilState(run, 'first', 'started');
    const body = { reason: 'wrong day' };
    expect(await cordyna.api.request('POST', `/api/v1/runs/${run}/cancel`, { body })).toMatchObject({
      status: 200,
      body: { run },
    });
    const cancelled = await cordyna.api.run(run);
    expect(cancelled.state).toBe('cancelled');
    expect(states(cancelled)).toEqual({ first: 'cancelled', second: 'cancelled' });

    await awaitUntil('the server is told', () => server.cancels.find((cancel) => cancel.run === run));
    const commands = await commandsOf(run);
    expect(commands.map(({ type, data }) => [type, data['invocation']])).toEqual([
      [EventType.taskInvoke, command.invocation],
      [EventType.taskCancel, command.invocation],
    ]);
    expect(new Set(commands.map(({ partition }) => partition)).size).toBe(1);
    expect(commands[1]?.data).toEqual({
      invocation: command.invocation,
      run,
      task: 'desk.first',
      reason: 'wrong day',
    });

    const late = await server.say(command, 'completed', { output: { late: true } });
    expect(await rowOf(late, run)).toMatchObject({ applied: false, type: EventType.taskCompleted });
    expect(await cordyna.api.run(run)).toEqual(cancelled);
    const again = await cordyna.api.request('POST', `/api/v1/runs/${run}/cancel`);
    expect(again).toMatchObject({ status: 409, body: { type: '/problems/wrong-state' } });
    const facts = (await cordyna.dump('events'))
      .map(({ value }) => JSON.parse(value ?? '{}') as { type: string; source: string; data: JsonObject })
      .filter(({ source, data }) => data['run'] === run && source.startsWith('/cerebro/'));
    expect(facts.map(({ type, data }) => `${type} ${String(data['task'] ?? data['state'])}`)).toEqual([
      'cordyna.run.created.v1 desk.first',
      'cordyna.task.invoked.v1 desk.first',
      'cordyna.task.cancelled.v1 desk.first',
      'cordyna.task.cancelled.v1 desk.second',
      'cordyna.run.finished.v1 cancelled',
    ]);
  });

  test('a retry of a cancelled run goes on with what was cancelled', async () => {
    const run = await cordyna.api.createRun({ task: 'desk.first' });
    await complete(run, 'first', { rows: 1 });
    const second = await server.untilInvoked(run, 'desk.second');
    await cordyna.api.cancel(run);
    expect(states(await cordyna.api.run(run))).toEqual({ first: 'completed', second: 'cancelled' });
    await cordyna.api.retry(run);
    const again = await begun(run, 'second', 2);
    expect(again).toMatchObject({ inputs: { 'desk.first': { rows: 1 } }, args: { rows: 1 } });
    await server.say(second, 'completed', { output: { old: true } });
    await server.say(again, 'completed', { output: { old: false } });
    const ended = await cordyna.api.untilFinished(run);
    expect(states(ended)).toEqual({ first: 'completed', second: 'completed' });
    expect(taskOf(ended, 'second').output).toEqual({ old: false });
    expect(server.invokes.filter((one) => one.run === run).length).toBe(3);
  });

  test('arguments that a schema refuses from the start are no run', async () => {
    const refused = await cordyna.api
      .createRun({ task: 'desk.dated', args: { day: 5 } })
      .catch((error) => error as unknown);
    expect(refused).toBeInstanceOf(ApiError);
    expect((refused as ApiError).problem).toMatchObject({
      type: '/problems/invalid-args',
      status: 422,
      errors: [{ path: '/args', message: expect.stringContaining('/day must be string') }],
    });
    const [record] = await cordyna.bus.write('invocations', [
      cordyna.bus.runRequest({ task: 'desk.dated', args: { day: 5 } }),
    ]);
    expect(await cordyna.untilDeadLetter(record!)).toMatchObject({
      reason: 'invalid_args',
      detail: expect.stringContaining('/day must be string'),
    });
    expect((await cordyna.api.runs({ task: 'desk.dated' })).items).toEqual([]);
  });

  test('arguments that become invalid by an output end the task, and block what depends on it', async () => {
    const run = await cordyna.api.createRun({ task: 'desk.source', args: { day: 'monday' } });
    await complete(run, 'source', { day: 'not a day at all' });
    const ended = await cordyna.api.untilFinished(run);
    expect(ended.state).toBe('failed');
    expect(states(ended)).toEqual({ source: 'completed', strict: 'error', 'after-strict': 'blocked' });
    expect(taskOf(ended, 'strict').error).toMatchObject({
      code: 'args_invalid',
      message: expect.stringContaining('/day must NOT have more than 10 characters'),
    });
    expect(taskOf(ended, 'after-strict').blockedBy).toBe('desk.strict');
    expect(server.invokes.filter((one) => one.run === run).map(({ task }) => task)).toEqual(['desk.source']);
  });

  test('an output that its schema refuses is an error, which no retry would mend', async () => {
    const run = await cordyna.api.createRun({ task: 'desk.promised' });
    await complete(run, 'promised', { night: 'monday' });
    const ended = await cordyna.api.untilFinished(run);
    expect(taskOf(ended, 'promised')).toMatchObject({
      state: 'error',
      attempt: 1,
      output: null,
      error: {
        code: 'output_invalid',
        message: expect.stringContaining("must have required property 'day'"),
      },
    });
    const good = await cordyna.api.createRun({ task: 'desk.promised' });
    await complete(good, 'promised', { day: 'monday' });
    expect((await cordyna.api.untilFinished(good)).state).toBe('completed');
  });

  test('an output over 768 KiB is an error; one just below it is taken whole', async () => {
    const [over, below] = await Promise.all([1, 2].map(() => cordyna.api.createRun({ task: 'desk.alone' })));
    await complete(over!, 'alone', { text: 'x'.repeat(768 * KIB) });
    const text = 'y'.repeat(767 * KIB);
    await complete(below!, 'alone', { text });
    expect((await cordyna.api.untilFinished(over!)).tasks).toMatchObject([
      { state: 'error', output: null, error: { code: 'output_invalid' } },
    ]);
    expect((await cordyna.api.untilFinished(below!)).tasks).toMatchObject([
      { state: 'completed', output: { text } },
    ]);
  });

  test('inputs that make the command larger than a message are an error that names the largest', async () => {
    const run = await cordyna.api.createRun({ task: 'desk.left' });
    await complete(run, 'left', { left: 'l'.repeat(300 * KIB) });
    await complete(run, 'right', { right: 'r'.repeat(400 * KIB) });
    const ended = await cordyna.api.untilFinished(run);
    expect(states(ended)).toEqual({ left: 'completed', right: 'completed', both: 'error' });
    const { code, message } = taskOf(ended, 'both').error ?? {};
    expect(code).toBe('inputs_too_large');
    expect(message).toMatch(/args: \d+ bytes, input desk\.right: \d+ bytes, input desk\.left: \d+ bytes/);
    expect((await commandsOf(run)).map(({ data }) => data['task'])).not.toContain('desk.both');
  });
});
