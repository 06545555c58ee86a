import { describe, expect, test } from '@jest/globals';
import type { JobBody } from '@cordyna/protocol/model';
import {
  definitionId,
  inForce,
  jobBodyErrors,
  nextVersion,
  planJob,
  registryOf,
  withDefinitions,
} from '../src/index.js';
import type { Definition, Registry } from '../src/index.js';
import { declarationOf, registryWith, RunDriver, seedFor } from '../src/testing/index.js';

const declared = registryWith(declarationOf('a', ['one', 'two: one']), declarationOf('b', ['three: a.two']));

const define = (registry: Registry, body: JobBody | null, name = 'nightly'): Registry => {
  const definition = nextVersion(registry, { kind: 'job', name, body: body as never });
  return definition ? withDefinitions(registry, [definition]) : registry;
};

describe('definitions', () => {
  const first = { tasks: [{ task: 'a.one' }] };
  const second = { args: { day: 1 }, tasks: [{ task: 'a.one' }, { task: 'b.three', dependsOn: ['a.one'] }] };

  test('each change is a version; an equal body is none; a removal is one, and what comes after it counts on', () => {
    let registry = define(declared, first);
    expect(inForce(registry, 'job', 'nightly')?.version).toBe(1);
    expect(nextVersion(registry, { kind: 'job', name: 'nightly', body: structuredClone(first) })).toBeNull();
    registry = define(registry, second);
    expect(inForce(registry, 'job', 'nightly')?.version).toBe(2);
    registry = define(registry, null);
    expect(inForce(registry, 'job', 'nightly')).toBeUndefined();
    expect(registry.jobs.has('nightly')).toBe(false);
    expect(nextVersion(registry, { kind: 'job', name: 'nightly', body: null })).toBeNull();
    registry = define(registry, first);
    expect(registry.definitions.get(definitionId({ kind: 'job', name: 'nightly' }))?.version).toBe(4);
  });

  test('a job is planned by its own edges, and stays through the declarations of servers', () => {
    const registry = registryWith(declarationOf('a', ['one', 'two: one']));
    const later = define(registry, second);
    expect(planJob(later, 'nightly')).toMatchObject({ ok: false, errors: [{ code: 'unknown_task' }] });
    const complete = define(declared, second);
    const planned = planJob(complete, 'nightly');
    expect(planned).toMatchObject({ ok: true, plan: { members: [{ task: 'a.one' }, { upstream: [0] }] } });
    expect(complete.jobs.get('nightly')).toMatchObject({ version: 1, args: { day: 1 } });
  });

  test('a job may give a task other limits than it declares, member by member', () => {
    const tasks = [
      { task: 'a.one', retry: { maxAttempts: 7 }, timeouts: { completeMs: 5 } },
      { task: 'a.two' },
    ];
    const planned = planJob(define(declared, { tasks }), 'nightly');
    const [own, other] = planned.ok ? planned.plan.members : [];
    expect(own).toMatchObject({
      retry: { ...other?.retry, maxAttempts: 7 },
      timeouts: { ...other?.timeouts, completeMs: 5 },
    });
    expect(other?.retry.maxAttempts).toBe(1);
  });

  test('their order in the registry is that of their names, whichever came first', () => {
    const orders = [
      ['x', 'y', 'z'],
      ['z', 'y', 'x'],
    ].map((names) => names.reduce((registry, name) => define(registry, first, name), declared));
    for (const { definitions, jobs } of orders) {
      expect([...definitions.keys()]).toEqual(['job/x', 'job/y', 'job/z']);
      expect([...jobs.keys()]).toEqual(['x', 'y', 'z']);
    }
    const [x, y, z] = [...(orders[0]?.definitions.values() ?? [])] as [Definition, Definition, Definition];
    const read = registryOf(declared.servers.values(), [y, z, x]);
    expect(read).toEqual(orders[0]);
    expect([...read.definitions.keys()]).toEqual(['job/x', 'job/y', 'job/z']);
  });

  test('what a job is for is told with it', () => {
    const registry = define(declared, { ...first, description: 'reports' });
    expect(registry.jobs.get('nightly')?.description).toBe('reports');
    expect(define(declared, first).jobs.get('nightly')).not.toHaveProperty('description');
  });

  test('a run says which version of its job it was made of', () => {
    const registry = define(define(declared, first), second);
    const seed = { ...seedFor(registry, { job: 'nightly' }), jobVersion: 2 };
    expect(new RunDriver(seed).rows[0]).toMatchObject({ data: { jobVersion: 2 } });
  });
});

describe('the body of a job', () => {
  test.each<[string, JobBody, string, string]>([
    ['a member twice', { tasks: [{ task: 'a.one' }, { task: 'a.one' }] }, '/tasks/1/task', 'twice'],
    ['itself', { tasks: [{ task: 'a.one', dependsOn: ['a.one'] }] }, '/tasks/0/dependsOn/0', 'itself'],
    [
      'a cycle of its own edges',
      {
        tasks: [
          { task: 'a.one', dependsOn: ['b.three'] },
          { task: 'b.three', dependsOn: ['a.one'] },
        ],
      },
      '/tasks/0/dependsOn',
      'cycle',
    ],
    [
      'a cycle with declared edges',
      { tasks: [{ task: 'a.one', dependsOn: ['a.two'] }, { task: 'a.two' }] },
      '/tasks',
      'cycle',
    ],
  ])('is refused for %s, with the path', (_, body, path, word) => {
    const { errors } = jobBodyErrors(declared, 'nightly', body);
    expect(errors).toEqual([expect.objectContaining({ path, message: expect.stringContaining(word) })]);
  });

  test('is good when its members are declared and its edges close no cycle with declared ones', () => {
    const body = { tasks: [{ task: 'b.three', dependsOn: ['a.one'] }, { task: 'a.one' }] };
    expect(jobBodyErrors(declared, 'nightly', body)).toEqual({ errors: [], unresolved: [] });
  });

  test('may name what nobody declares yet', () => {
    const body = { tasks: [{ task: 'x.later' }, { task: 'a.one', dependsOn: ['x.later'] }] };
    expect(jobBodyErrors(declared, 'nightly', body)).toEqual({ errors: [], unresolved: ['x.later'] });
  });
});
