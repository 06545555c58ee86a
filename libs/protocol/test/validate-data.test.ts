import { describe, expect, test } from '@jest/globals';
import { EventType } from '../src/model/index.js';
import { allSchemas, schemaOf, validateData } from '../src/wire/index.js';
import { validUpdate } from './support/records.js';

const errorsOf = (type: string, data: unknown) => {
  const result = validateData(type, data);
  return result.ok ? [] : result.errors;
};

/** The declaration that protocol.md shows. */
const fullDeclaration = {
  server: 'server-a',
  version: '1.4.0',
  team: 'prices',
  contact: 'prices@example.org',
  description: 'Prices',
  tasks: [
    {
      name: 'extract',
      description: 'Reads them',
      dependsOn: ['server-b.load', 'clean'],
      cron: '*/5 * * * *',
      timezone: 'Europe/Berlin',
      args: { deep: { list: [null] } },
      timeouts: { ackMs: 10000, startMs: 600000, completeMs: 1800000 },
      retry: { maxAttempts: 3, backoffMs: 1000, factor: 1.5, maxBackoffMs: 60000 },
      forEach: 'server-b.list',
      argsSchema: {},
      outputSchema: {},
    },
  ],
  jobs: [{ name: 'nightly', args: {}, tasks: [{ task: 'server-a.extract', dependsOn: [], args: {} }] }],
};

describe('declarations', () => {
  test('the whole of it is taken, unchanged', () => {
    const result = validateData(EventType.serverDeclared, fullDeclaration);
    expect(result).toEqual({ ok: true, value: fullDeclaration });
    expect(result.ok && result.value).toBe(fullDeclaration);
  });

  test('only the server and the names of tasks are required', () => {
    const least = { server: 'server-a', tasks: [{ name: 'extract' }] };
    expect(validateData(EventType.serverDeclared, least)).toEqual({ ok: true, value: least });
    expect(validateData(EventType.serverDeclared, { server: 'server-a' })).toEqual({
      ok: true,
      value: { server: 'server-a', tasks: [] },
    });
  });

  test('a null in an optional member is the same as leaving it out, and the argument stays as it was', () => {
    const data = {
      server: 'server-a',
      team: null,
      tasks: [{ name: 'a', retry: { factor: null }, args: { kept: null } }],
    };
    const before = structuredClone(data);
    expect(validateData(EventType.serverDeclared, data)).toEqual({
      ok: true,
      value: { server: 'server-a', tasks: [{ name: 'a', retry: {}, args: { kept: null } }] },
    });
    expect(data).toEqual(before);
  });

  test('every error is listed, with its path and what would be right', () => {
    const data = {
      server: 'Server A',
      tasks: [{}, { name: 'b', everyMs: 1.5, timeouts: { ackMs: 0 } }, { name: 'c', dependsOn: ['a/b'] }],
      jobs: [{ name: 'j' }],
    };
    const errors = errorsOf(EventType.serverDeclared, data);
    expect(errors.map(({ path }) => path).sort()).toEqual([
      '/jobs/0/tasks',
      '/server',
      '/tasks/0/name',
      '/tasks/1/everyMs',
      '/tasks/1/timeouts/ackMs',
      '/tasks/2/dependsOn/0',
    ]);
    const messages = new Map(errors.map(({ path, message }) => [path, message]));
    expect(messages.get('/server')).toContain('1 to 64 of a-z');
    expect(messages.get('/tasks/0/name')).toBe('is required');
    expect(messages.get('/tasks/1/timeouts/ackMs')).toContain('>= 1');
  });

  test('half a million errors are not listed', () => {
    const many = { server: 'server-a', tasks: Array(500_000).fill(1) };
    expect(errorsOf(EventType.serverDeclared, many)).toHaveLength(1);
    const hundreds = { server: 'server-a', tasks: Array(500).fill(1) };
    expect(errorsOf(EventType.serverDeclared, hundreds)).toHaveLength(100);
  });

  test('a duration over a century is refused: no clock of the system could hold its end', () => {
    const declare = (everyMs: number) => ({ server: 'a', tasks: [{ name: 'b', everyMs }] });
    expect(errorsOf(EventType.serverDeclared, declare(3_155_760_000_000))).toEqual([]);
    expect(errorsOf(EventType.serverDeclared, declare(3_155_760_000_001))).toHaveLength(1);
  });
});

describe('run requests', () => {
  test.each([
    ['a task', { task: 'server-a.extract' }, []],
    ['a job of a server', { job: 'server-a.nightly' }, []],
    ['a bare job', { job: 'nightly', args: {}, taskArgs: { 'server-b.load': {} }, scope: 'task' }, []],
    ['a null beside a job', { task: null, job: 'nightly' }, []],
    ['neither', {}, ['']],
    ['both', { task: 'server-a.extract', job: 'nightly' }, ['']],
    ['a bare task', { task: 'extract' }, ['/task']],
    ['a run that is no UUID', { job: 'n', run: '0199' }, ['/run']],
    ['arguments for a bare task', { job: 'n', taskArgs: { load: {} } }, ['/taskArgs/load']],
    ['arguments that are a list', { job: 'n', args: [] }, ['/args']],
    ['an empty key', { job: 'n', idempotencyKey: '' }, ['/idempotencyKey']],
  ])('%s', (_, data, paths) => {
    expect(errorsOf(EventType.runRequested, data).map(({ path }) => path)).toEqual(paths);
  });

  test('the message names the two of which one is required', () => {
    expect(errorsOf(EventType.runRequested, {})[0]?.message).toBe('exactly one of task, job is required');
  });
});

describe('updates and commands', () => {
  test.each(Object.keys(validUpdate))('an update without %s is refused', (name) => {
    const { [name as keyof typeof validUpdate]: _, ...rest } = validUpdate;
    expect(errorsOf(EventType.taskStarted, rest)).toEqual([{ path: `/${name}`, message: 'is required' }]);
  });

  test('members that the protocol does not know are passed on', () => {
    const data = { ...validUpdate, later: { version: 2 } };
    expect(validateData(EventType.taskStarted, data)).toEqual({ ok: true, value: data });
  });

  test.each([
    ['code and message', { code: 'no_data', message: 'empty' }, 0],
    [
      'all of it',
      { code: 'a', message: '', description: 'd', retryable: false, stack: 's', details: [1] },
      0,
    ],
    ['no code', { message: 'empty' }, 1],
    ['a code in capitals', { code: 'NO_DATA', message: 'x' }, 1],
    ['a code of 65 characters', { code: 'x'.repeat(65), message: 'x' }, 1],
    ['a list', [], 1],
  ])('an error with %s', (_, error, count) => {
    expect(errorsOf(EventType.taskError, { ...validUpdate, error })).toHaveLength(count);
  });

  test.each([
    [0, true],
    [100, true],
    [33.3, true],
    [-1, false],
    [101, false],
    ['50', false],
  ])('progress of %j percent', (percent, ok) => {
    expect(validateData(EventType.taskProgress, { ...validUpdate, percent }).ok).toBe(ok);
  });

  test('an invoke may have a null item and must have one or the other', () => {
    const { lease, invocation, run, task, attempt } = validUpdate;
    const invoke = {
      ...{ lease, invocation, run, task, attempt, item: null, args: {}, inputs: {} },
      trigger: { kind: 'request' },
      timeouts: { ackMs: 1, startMs: 1, completeMs: 1 },
      expiresAt: '2026-11-21T10:00:10.000Z',
    };
    expect(validateData(EventType.taskInvoke, invoke)).toEqual({ ok: true, value: invoke });
    expect(validateData(EventType.taskInvoke, { ...invoke, item: { index: 0, value: null } }).ok).toBe(true);
    const { item: _, ...without } = invoke;
    expect(errorsOf(EventType.taskInvoke, without)).toEqual([{ path: '/item', message: 'is required' }]);
  });

  test('no error message repeats a value', () => {
    const lease = 'secret'.repeat(400);
    const errors = errorsOf(EventType.taskError, {
      ...validUpdate,
      lease,
      error: { code: 'secret code', message: 1 },
    });
    expect(errors.length).toBeGreaterThan(2);
    expect(JSON.stringify(errors)).not.toContain('secret');
  });
});

describe('schemas', () => {
  test('each message type has one, by itself and with an identifier of its own', () => {
    expect(Object.keys(allSchemas()).sort()).toEqual(Object.values(EventType).sort());
    for (const type of Object.values(EventType)) {
      expect(schemaOf(type)).toMatchObject({ $id: `urn:cordyna:schema:${type}`, type: 'object' });
    }
  });

  test('another type has none', () => {
    expect(schemaOf('toString')).toBeUndefined();
    expect(errorsOf('toString', {})).toHaveLength(1);
  });
});
