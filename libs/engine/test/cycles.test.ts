import { describe, expect, test } from '@jest/globals';
import type { JobDeclaration, ServerDeclaration } from '@cordyna/protocol/model';
import { declare, planJob } from '@cordyna/engine';
import type { Registry } from '@cordyna/engine';
import { declarationOf, lenientTools, registryWith } from '@cordyna/engine/testing';

const refusal = (registry: Registry, declaration: ServerDeclaration) => {
  const result = declare(registry, declaration, lenientTools);
  return result.ok ? [] : result.errors;
};

describe('a cycle', () => {
  test('within one declaration is refused with its whole path', () => {
    expect(refusal(registryWith(), declarationOf('s', ['b: c', 'c: a', 'a: b', 'free: a']))).toEqual([
      {
        code: 'cycle',
        path: '/tasks/0/dependsOn/0',
        message:
          'this dependency closes the cycle s.a → s.b → s.c → s.a (each depends on the next): remove one of its dependencies',
      },
    ]);
  });

  test('that two servers close only together is refused for the one that comes second', () => {
    const a = declarationOf('a', ['x: b.y']);
    const b = declarationOf('b', ['w', { name: 'y', dependsOn: ['w'], forEach: 'a.x' }]);
    expect(refusal(registryWith(a), b)).toMatchObject([
      { path: '/tasks/1/forEach', message: expect.stringContaining('a.x → b.y → a.x') },
    ]);
    expect(refusal(registryWith(b), a)).toMatchObject([
      { path: '/tasks/0/dependsOn/0', message: expect.stringContaining('a.x → b.y → a.x') },
    ]);
  });

  test('of several each is named once', () => {
    const messages = refusal(
      registryWith(),
      declarationOf('s', ['a: x.unknown b', 'b: a bridge', 'bridge: c', 'c: d', 'd: c']),
    ).map(({ path, message }) => `${path} ${/the cycle (.*) \(/.exec(message)?.[1]}`);
    expect(messages).toEqual([
      '/tasks/0/dependsOn/1 s.a → s.b → s.a',
      '/tasks/3/dependsOn/0 s.c → s.d → s.c',
    ]);
  });

  test('of 5,000 tasks is found without deep recursion', () => {
    const tasks = Array.from({ length: 5_000 }, (_, at) => ({
      name: `t${at}`,
      dependsOn: [`t${(at + 1) % 5_000}`],
    }));
    const [error, ...others] = refusal(registryWith(), { server: 's', tasks: tasks.slice(0, 1) });
    expect([error, others]).toEqual([undefined, []]);
    const one = registryWith({ server: 's', tasks: tasks.slice(0, -1) });
    expect(one.tasks.size).toBe(4_999);
    const closing = refusal(registryWith(), {
      server: 's',
      tasks: [...tasks.slice(0, -1).map((task) => ({ ...task })), ...tasks.slice(-1)]
        .slice(0, 300)
        .concat([{ name: 't300', dependsOn: ['t0'] }]),
    });
    expect(closing).toHaveLength(1);
    expect(closing[0]?.message.split(' → ')).toHaveLength(302);
  });
});

describe('a cycle in a job', () => {
  const job = (...tasks: JobDeclaration['tasks']): readonly JobDeclaration[] => [{ name: 'j', tasks }];

  test('of its own edges is refused', () => {
    const jobs = job(
      { task: 'a', dependsOn: ['b'] },
      { task: 'b', dependsOn: ['x.c'] },
      { task: 'x.c', dependsOn: ['a'] },
    );
    expect(refusal(registryWith(), declarationOf('s', ['a', 'b'], jobs))).toEqual([
      {
        code: 'cycle',
        path: '/jobs/0/tasks/0/dependsOn',
        message:
          "the job 'j' has the cycle s.a → s.b → x.c → s.a (each depends on the next): remove one of its dependencies",
      },
    ]);
  });

  test('of its own edges and the tasks’ declared ones is refused', () => {
    const jobs = job(
      { task: 'a', dependsOn: ['b'] },
      { task: 'b' },
      { task: 'c', dependsOn: ['a'] },
      { task: 'd', dependsOn: ['c'] },
    );
    const tasks = ['a', { name: 'b', forEach: 'a' }, 'c', 'd'];
    expect(refusal(registryWith(), declarationOf('s', tasks, jobs))).toMatchObject([
      { code: 'cycle', message: expect.stringContaining('s.a → s.b → s.a') },
    ]);
  });

  test('that only another server’s declaration closes is found when the job is planned', () => {
    const jobs = job({ task: 'a', dependsOn: ['x.b'] }, { task: 'x.b' }, { task: 'c', dependsOn: ['a'] });
    const registry = registryWith(declarationOf('s', ['a', 'c'], jobs), declarationOf('x', ['b: s.a']));
    expect(planJob(registry, 's.j')).toEqual({
      ok: false,
      errors: [
        {
          code: 'cycle',
          path: '/job',
          message:
            'the job s.j has the cycle s.a → x.b → s.a (each depends on the next): give one of them its own dependsOn',
        },
      ],
    });
  });

  test('is told from what only lies between two of them', () => {
    const jobs = job(
      { task: 'm', dependsOn: ['c'] },
      { task: 'a', dependsOn: ['x.b', 'm'] },
      { task: 'x.b' },
      { task: 'c', dependsOn: ['x.d'] },
      { task: 'x.d' },
    );
    const registry = registryWith(
      declarationOf('s', ['a', 'c', 'm'], jobs),
      declarationOf('x', ['b: s.a', 'd: s.c']),
    );
    const planned = planJob(registry, 's.j');
    expect(planned.ok ? '' : planned.errors[0]?.message).toMatch(/s\.[ac] → x\.[bd] → s\.[ac]/);
    const own = job(
      { task: 'm', dependsOn: ['c'] },
      { task: 'a', dependsOn: ['b', 'm'] },
      { task: 'b', dependsOn: ['a'] },
      { task: 'c', dependsOn: ['d'] },
      { task: 'd', dependsOn: ['c'] },
    );
    expect(refusal(registryWith(), declarationOf('s', ['a', 'b', 'c', 'd', 'm'], own))).toHaveLength(2);
  });
});

describe('a declaration with more cycles than anybody reads', () => {
  const named = (at: number) => `t${at}`;

  test('is answered with some of them', () => {
    const tasks = Array.from({ length: 1_000 }, (_, at) => ({
      name: named(at),
      dependsOn: [1, 7, 13, 57, 311]
        .map((step) => named((at * 31 + step) % 1_000))
        .filter((on) => on !== named(at)),
    }));
    const errors = refusal(registryWith(), { server: 's', tasks });
    expect(new Set(errors.map(({ message }) => message)).size).toBe(20);
  });

  test('or with one long one, which is not looked for again at each of its tasks', () => {
    const length = 3_000;
    const tasks = Array.from({ length }, (_, at) => ({
      name: named(at),
      dependsOn: [named((at + 1) % length)],
    }));
    expect(refusal(registryWith(), { server: 's', tasks })).toMatchObject([
      { code: 'cycle', path: '/tasks/0/dependsOn/0' },
    ]);
  });
});
