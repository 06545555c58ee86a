import { describe, expect, test } from '@jest/globals';
import { createTaskServer, optionsFromEnvironment, TaskFailure } from '../src/index.js';
import { genericServer, runTask } from '../src/harness/index.js';

const server = createTaskServer({ name: 'server-a', brokers: [] })
  .task(
    'load',
    { args: { region: 'eu', rows: 1 }, dependsOn: ['extract', 'server-b.rates'] },
    ({ event }) => ({
      ...event.args,
    }),
  )
  .task('talks', async ({ event, tools }) => {
    tools.logger.warn('careful', { row: 1 });
    tools.progress(50);
    tools.progress(70, 'soon');
    const { idempotencyKey } = await tools.invoke('load', { args: { from: event.task } });
    return { idempotencyKey };
  })
  .task('breaks', () => {
    throw TaskFailure.nonRetryable('broken', 'it broke', { description: 'Mend it.' });
  })
  .task('item', ({ event }) => ({ item: event.item }));

describe('runTask', () => {
  test('merges the arguments as Cerebro does: declared, given, outputs in declared order', async () => {
    const inputs = { extract: { rows: 2, a: 1 }, 'server-b.rates': { a: 2 } };

    const result = await runTask(server, 'load', { args: { region: 'us', rows: 7 }, inputs });

    expect(result).toMatchObject({ state: 'completed', output: { region: 'us', rows: 2, a: 2 } });
  });

  test('records what the handler says and requests', async () => {
    const result = await runTask(server, 'server-a.talks', { invocation: 'one' });

    expect(result.logs).toEqual([{ level: 'warn', message: 'careful' }]);
    expect(result.progress).toEqual([
      { percent: 50, message: undefined },
      { percent: 70, message: 'soon' },
    ]);
    const key = result.state === 'completed' ? result.output.idempotencyKey : undefined;
    expect(result.invoked).toEqual([
      { task: 'server-a.load', args: { from: 'server-a.talks' }, idempotencyKey: key },
    ]);
    const again = await runTask(server, 'talks', { invocation: 'one' });
    expect(again.invoked[0]?.idempotencyKey).toBe(key);
    const other = await runTask(server, 'talks', { invocation: 'two' });
    expect(other.invoked[0]?.idempotencyKey).not.toBe(key);
  });

  test('gives the error as it would go on the bus', async () => {
    expect(await runTask(server, 'breaks')).toMatchObject({
      state: 'error',
      error: { code: 'broken', message: 'it broke', description: 'Mend it.', retryable: false },
    });
  });

  test('gives an element of a forEach', async () => {
    expect(await runTask(server, 'item', { item: { value: 'x' } })).toMatchObject({
      output: { item: { index: 0, value: 'x' } },
    });
  });

  test('of a task that is not declared says so', async () => {
    await expect(runTask(server, 'nothing')).rejects.toMatchObject({ code: 'unknown_task' });
  });
});

describe('genericServer', () => {
  const declaration = { server: 'any', tasks: [{ name: 'a', everyMs: 5_000 }, { name: 'b' }] };
  const generic = genericServer(declaration, { b: { failures: 1, output: { x: 1 } } }, { brokers: [] });

  test('declares what it is given', () => {
    expect(generic.declaration()).toEqual(declaration);
  });

  test('does what its table and the arguments say', async () => {
    expect(await runTask(generic, 'a')).toMatchObject({ output: { by: 'any.a' } });
    expect(await runTask(generic, 'b')).toMatchObject({
      error: { code: 'failed_on_demand', retryable: true },
    });
    expect(await runTask(generic, 'b', { attempt: 2 })).toMatchObject({ output: { x: 1 } });
    const args = { failures: 5, error: { code: 'mine', retryable: false } };
    expect(await runTask(generic, 'a', { args })).toMatchObject({
      error: { code: 'mine', retryable: false },
    });
    const signal = AbortSignal.abort();
    expect(await runTask(generic, 'a', { args: { neverEnds: true }, signal })).toMatchObject({
      error: { code: 'cancelled' },
    });
  });
});

describe('optionsFromEnvironment', () => {
  test('takes what is set', () => {
    expect(optionsFromEnvironment({ KAFKA_BROKERS: 'a:1,b:2' })).toEqual({ brokers: 'a:1,b:2' });
    expect(
      optionsFromEnvironment({
        KAFKA_BROKERS: 'a:1',
        CORDYNA_TOPIC_PREFIX: 'x',
        CORDYNA_CONCURRENCY: '3',
        CORDYNA_QUEUE_LIMIT: '0',
        CORDYNA_DRAIN_MS: '',
      }),
    ).toEqual({ brokers: 'a:1', topicPrefix: 'x', concurrency: 3, queueLimit: 0 });
  });

  test('names the variable that is missing or wrong', () => {
    expect(() => optionsFromEnvironment({})).toThrow(/KAFKA_BROKERS is not set/);
    expect(() => optionsFromEnvironment({ KAFKA_BROKERS: 'a:1', CORDYNA_CONCURRENCY: 'ten' })).toThrow(
      /CORDYNA_CONCURRENCY must be a whole number, not "ten"/,
    );
  });
});
