import { describe, expect, test } from '@jest/globals';
import { createTaskServer, InvalidDeclarationError } from '../src/index.js';
import type { JobOptions, TaskOptions } from '../src/index.js';

const handler = (): object => ({});
const server = () => createTaskServer({ name: 'server-a', brokers: 'localhost:9092' });
const thrown = (work: () => unknown): unknown => {
  try {
    work();
  } catch (error) {
    return error;
  }
  return undefined;
};

describe('a declaration', () => {
  test('holds tasks and jobs as the protocol has them', () => {
    const declared = server()
      .task('list', handler)
      .task(
        'load',
        { every: '1h30m', dependsOn: ['list', 'server-b.x'], timeouts: { ackMs: 5 }, retry: { factor: 1.5 } },
        handler,
      )
      .task('each', { forEach: 'list', cron: '*/5 * * * *', timezone: 'Europe/Berlin' }, handler)
      .job('nightly', {
        args: { a: 1 },
        tasks: ['list', { task: 'load', dependsOn: ['list'], args: { b: 2 } }],
      })
      .declaration();

    expect(declared).toEqual({
      server: 'server-a',
      tasks: [
        { name: 'list' },
        {
          name: 'load',
          everyMs: 5_400_000,
          dependsOn: ['list', 'server-b.x'],
          timeouts: { ackMs: 5 },
          retry: { factor: 1.5 },
        },
        { name: 'each', forEach: 'list', cron: '*/5 * * * *', timezone: 'Europe/Berlin' },
      ],
      jobs: [
        {
          name: 'nightly',
          args: { a: 1 },
          tasks: [{ task: 'list' }, { task: 'load', dependsOn: ['list'], args: { b: 2 } }],
        },
      ],
    });
  });

  test.each<[string, TaskOptions, string, RegExp]>([
    ['Extract', {}, 'a task of server "server-a"', /write e\.g\. "extract"/],
    ['loadOrders', {}, 'a task of server "server-a"', /write e\.g\. "load-orders"/],
    ['-', {}, 'a task of server "server-a"', /1 to 64 lower-case letters/],
    ['x'.repeat(65), {}, 'a task of server "server-a"', /1 to 64/],
    ['a', { every: '60s', cron: '* * * * *' }, 'task "server-a.a"', /exclude each other; keep/],
    ['a', { every: '1 minute' }, 'task "server-a.a", every', /no duration; write/],
    ['a', { cron: 'daily' }, 'task "server-a.a", cron', /five fields/],
    ['a', { timezone: 'Europe/Berlin' }, 'task "server-a.a", timezone', /belongs to "cron"/],
    ['a', { cron: '* * * * *', timezone: 'Mars/Base' }, 'task "server-a.a", timezone', /no IANA zone/],
    ['a', { dependsOn: ['server-b/load'] }, 'task "server-a.a", dependsOn', /write "<server>\.<task>"/],
    ['a', { forEach: '' }, 'task "server-a.a", dependsOn', /names no task/],
    ['a', { dependsOn: ['server-a.a'] }, 'task "server-a.a", dependsOn', /cannot depend on itself/],
    ['a', { timeouts: { ackMs: 0 } }, 'task "server-a.a", timeouts.ackMs', /whole number from 1/],
    ['a', { retry: { maxAttempts: 1.5 } }, 'task "server-a.a", retry.maxAttempts', /whole number from 1/],
    ['a', { forEach: 'b', concurrency: 0 }, 'task "server-a.a".concurrency', /whole number from 1/],
    ['a', { retry: { factor: 0.5 } }, 'task "server-a.a", retry.factor', /number from 1 on/],
  ])(
    'of the task %j with %j is refused at once, with its place and a remedy',
    (name, options, place, remedy) => {
      const error = thrown(() => server().task(name, options, handler));

      expect(error).toBeInstanceOf(InvalidDeclarationError);
      expect(error).toMatchObject({ code: 'invalid_declaration', place, retriable: false });
      expect((error as Error).message).toMatch(remedy);
      expect((error as Error).message).toContain(place);
    },
  );

  test('of the same name twice, and of a task without a handler, is refused', () => {
    expect(() => server().task('a', handler).task('a', handler)).toThrow(
      /"server-a.a": it is declared already/,
    );
    expect(() => server().task('a', {}, undefined as never)).toThrow(/it has no handler/);
    expect(() =>
      server()
        .job('j', { tasks: ['a'] })
        .job('j', { tasks: ['a'] }),
    ).toThrow(/declared already/);
  });

  test.each<[string, JobOptions, RegExp]>([
    ['Night', { tasks: ['a'] }, /write e\.g\. "night"/],
    ['night', { tasks: [] }, /at least one task/],
    ['night', { tasks: ['a b'] }, /names no task/],
    ['night', { tasks: [{ task: 'a', dependsOn: ['?'] }] }, /names no task/],
  ])('of the job %j with %j is refused', (name, options, remedy) => {
    expect(() => server().job(name, options)).toThrow(remedy);
  });

  test('of a server with a name that is none is refused when it is created', () => {
    expect(() => createTaskServer({ name: 'Server A', brokers: [] })).toThrow(/write e\.g\. "server-a"/);
  });

  test('that only the whole protocol finds wrong is refused with the path', () => {
    const args = JSON.parse('{"__proto__": 1}') as Record<string, number>;
    const wrong = server().task('a', { description: 7 as never, args }, handler);

    expect(() => wrong.declaration()).toThrow(/\/tasks\/0\/description/);
  });
});

describe('start', () => {
  test.each([
    [{ brokers: [] }, /option "brokers": name at least one/],
    [{ brokers: ' , ' }, /option "brokers"/],
    [{ topicPrefix: 'a b' }, /option "topicPrefix"/],
    [{ concurrency: 0 }, /option "concurrency": 0 must be a whole number from 1/],
    [{ queueLimit: -1 }, /option "queueLimit"/],
    [{ drainMs: 1.5 }, /option "drainMs"/],
  ])('refuses %j', async (options, message) => {
    const wrong = createTaskServer({ name: 'server-a', brokers: 'localhost:9092', ...options });

    await expect(wrong.start()).rejects.toThrow(message);
    await expect(wrong.start()).rejects.toMatchObject({ code: 'invalid_options' });
  });
});
