import { describe, expect, test } from '@jest/globals';
import { DEFAULT_RETRY, DEFAULT_TIMEOUTS } from '@cordyna/protocol/model';
import type { DefinitionKind, JsonObject, ServerDeclaration } from '@cordyna/protocol/model';
import { cronErrors, declare, emptyRegistry, graphOf, withDefinitions, withdraw } from '@cordyna/engine';
import type { Registry } from '@cordyna/engine';
import { declarationOf, lenientTools, registryWith } from '@cordyna/engine/testing';

const accept = (registry: Registry, declaration: ServerDeclaration) => {
  const result = declare(registry, declaration, lenientTools);
  if (!result.ok) throw new Error(JSON.stringify(result.errors));
  return result;
};
const errorsOf = (registry: Registry, declaration: ServerDeclaration, tools = lenientTools) => {
  const result = declare(registry, declaration, tools);
  return result.ok ? [] : result.errors.map(({ code, path }) => [code, path]);
};

describe('a declaration', () => {
  test('is filled up with the defaults of the protocol, and its names are qualified', () => {
    const { server, tasks, unresolved, changed, warnings } = accept(emptyRegistry(), {
      server: 'server-a',
      version: '1.4.0',
      tasks: [
        { name: 'load', dependsOn: ['extract', 'server-b.x'], forEach: 'list', retry: { maxAttempts: 3 } },
        { name: 'extract', everyMs: 60_000 },
        { name: 'list', dependsOn: ['extract'], forEach: 'extract' },
      ],
      jobs: [
        {
          name: 'nightly',
          tasks: [
            { task: 'load', dependsOn: ['extract'] },
            { task: 'extract', args: { a: 1 } },
          ],
        },
      ],
    });
    expect([tasks, unresolved, changed, warnings]).toEqual([
      ['server-a.load', 'server-a.extract', 'server-a.list'],
      ['server-b.x'],
      true,
      [],
    ]);
    expect(server.tasks[0]).toEqual({
      task: 'server-a.load',
      server: 'server-a',
      description: null,
      dependsOn: ['server-a.extract', 'server-b.x', 'server-a.list'],
      forEach: 'server-a.list',
      everyMs: null,
      cron: null,
      timezone: 'UTC',
      args: {},
      timeouts: DEFAULT_TIMEOUTS,
      retry: { ...DEFAULT_RETRY, maxAttempts: 3 },
      argsSchema: null,
      outputSchema: null,
    });
    expect(server.tasks[2]?.dependsOn).toEqual(['server-a.extract']);
    expect(server.jobs).toEqual([
      {
        job: 'server-a.nightly',
        name: 'nightly',
        args: {},
        tasks: [
          { task: 'server-a.load', dependsOn: ['server-a.extract'] },
          { task: 'server-a.extract', args: { a: 1 } },
        ],
      },
    ]);
    expect(server).toMatchObject({ version: '1.4.0', team: null, contact: null, description: null });
  });

  test('that says everything keeps everything', () => {
    const declaration: ServerDeclaration = {
      server: 's',
      version: '1',
      team: 'prices',
      contact: 'prices@example.org',
      description: 'all about prices',
      tasks: [
        {
          name: 'a',
          description: 'first',
          cron: '0 4 * * *',
          timezone: 'Europe/Berlin',
          args: { x: 1 },
          timeouts: { ackMs: 1, startMs: 2, completeMs: 3 },
          retry: { maxAttempts: 2, backoffMs: 3, factor: 4, maxBackoffMs: 5 },
          argsSchema: { type: 'object' },
          outputSchema: {},
        },
      ],
      jobs: [{ name: 'j', description: 'nightly', args: { y: 1 }, tasks: [{ task: 'a' }] }],
    };
    const { server } = accept(emptyRegistry(), declaration);
    const { name: _name, ...rest } = declaration.tasks[0] as ServerDeclaration['tasks'][number];
    expect(server.tasks[0]).toMatchObject(rest);
    expect(server.jobs[0]).toMatchObject({ description: 'nightly', args: { y: 1 } });
    expect(server).toMatchObject({
      team: 'prices',
      contact: 'prices@example.org',
      description: 'all about prices',
    });
  });

  test('that equals the one in force changes nothing, whatever the order of its keys', () => {
    const first = accept(emptyRegistry(), {
      server: 's',
      tasks: [{ name: 'a', args: { x: 1, y: [1, { z: null }] } }],
    });
    const again = accept(first.registry, {
      tasks: [{ args: { y: [1, { z: null }], x: 1 }, name: 'a' }],
      server: 's',
    });
    expect(again.changed).toBe(false);
    expect(again.registry).toBe(first.registry);
    const others: JsonObject[] = [{ x: 1, y: [1, {}] }, { x: 1, y: { 0: 1 } }, { x: 2 }, { x: null }];
    for (const args of others)
      expect(accept(first.registry, { server: 's', tasks: [{ name: 'a', args }] }).changed).toBe(true);
  });

  test('replaces the former one of its server', () => {
    const registry = registryWith(
      declarationOf('a', ['x', 'y: x']),
      declarationOf('b', ['z: a.y']),
      declarationOf('a', ['y: b.q']),
    );
    expect([...registry.tasks.keys()]).toEqual(['a.y', 'b.z']);
    expect(graphOf(registry)).toEqual({
      nodes: [
        { task: 'a.y', server: 'a', declared: true, unresolved: ['b.q'] },
        { task: 'b.q', server: 'b', declared: false, unresolved: [] },
        { task: 'b.z', server: 'b', declared: true, unresolved: [] },
      ],
      edges: [
        { from: 'a.y', to: 'b.z' },
        { from: 'b.q', to: 'a.y' },
      ],
    });
  });

  test('is refused as a whole with every error, and the one before it stays in force', () => {
    const registry = registryWith(declarationOf('s', ['kept']));
    const schemaErrors = (schema: object) => ('bad' in schema ? ['not a schema'] : []);
    const declaration: ServerDeclaration = {
      server: 's',
      tasks: [
        { name: 'a', dependsOn: ['s.a', 'b'], forEach: 'a' },
        { name: 'a', everyMs: 1_000, cron: '* * * * *', argsSchema: { bad: 1 } },
        { name: 'c', cron: 'never', outputSchema: { bad: 1 } },
      ],
      jobs: [
        { name: 'j', tasks: [{ task: 'c' }, { task: 's.c' }, { task: 'missing' }, { task: 'x.other' }] },
        { name: 'j', tasks: [{ task: 'a', dependsOn: ['a', 'b', 'x.y', 'c', 'c'] }, { task: 'c' }] },
      ],
    };
    expect(errorsOf(registry, declaration, { schemaErrors, cronErrors })).toEqual([
      ['duplicate_name', '/tasks/1/name'],
      ['self_dependency', '/tasks/0/dependsOn/0'],
      ['self_dependency', '/tasks/0/forEach'],
      ['schedule_conflict', '/tasks/1/cron'],
      ['invalid_schema', '/tasks/1/argsSchema'],
      ['invalid_cron', '/tasks/2/cron'],
      ['invalid_schema', '/tasks/2/outputSchema'],
      ['duplicate_name', '/jobs/1/name'],
      ['duplicate_member', '/jobs/0/tasks/1/task'],
      ['unknown_task', '/jobs/0/tasks/2/task'],
      ['self_dependency', '/jobs/1/tasks/0/dependsOn/0'],
      ['duplicate_dependency', '/jobs/1/tasks/0/dependsOn/4'],
    ]);
    expect([...registry.tasks.keys()]).toEqual(['s.kept']);
  });

  test('warns of rules and schedules that start what is gone, and of no others', () => {
    const bodies: readonly (readonly [DefinitionKind, string, object | null])[] = [
      ['rule', 'on-x', { eventSet: 'e', activity: { task: 'a.x' } }],
      ['rule', 'also-x', { eventSet: 'e', activity: { task: 'a.x' } }],
      ['rule', 'on-y', { eventSet: 'e', activity: { task: 'a.y' } }],
      ['rule', 'on-j', { eventSet: 'e', activity: { job: 'a.j' } }],
      ['rule', 'auto', { eventSet: 'e', activity: { cmd: '__auto_trigger__' } }],
      ['rule', 'command', { eventSet: 'e', activity: { cmd: 'ls', runner: 'a' } }],
      ['rule', 'container', { eventSet: 'e', activity: { cmd: 'ls', runner: 'a', task_type: 'docker' } }],
      ['rule', 'removed', null],
      ['event-set', 'e', { events: ['e'] }],
      ['schedule', 'a.x', { everyMs: 5_000 }],
      ['schedule', 'hourly', { job: 'a.j', everyMs: 3_600_000 }],
      ['schedule', 'other', { task: 'a.y', everyMs: 3_600_000 }],
    ];
    const jobs = [
      { name: 'j', tasks: [{ task: 'y' }] },
      { name: 'k', tasks: [{ task: 'y' }] },
    ];
    const before = withDefinitions(
      registryWith(declarationOf('a', ['x', 'y', 'cmd', 'docker'], jobs)),
      bodies.map(([kind, name, body]) => ({ kind, name, version: 1, body: body as JsonObject | null })),
    );
    const { warnings } = accept(before, declarationOf('a', ['y', 'docker'], jobs.slice(1)));
    expect(warnings).toEqual([
      'a.x is no longer declared, which stops the rules: also-x, on-x',
      'a.x is no longer declared, which stops the schedules: a.x',
      'a.cmd is no longer declared, which stops the rules: command',
      'a.j is no longer declared, which stops the rules: on-j',
      'a.j is no longer declared, which stops the schedules: hourly',
    ]);
  });

  test('warns of what other servers lose or must check, and of names that are probably misspelt', () => {
    const before = registryWith(
      declarationOf('a', ['x', 'y', 'z', 'alone', 'own: x']),
      declarationOf(
        'b',
        ['uses: a.x a.y', 'too: a.x'],
        [{ name: 'job', tasks: [{ task: 'a.z' }, { task: 'a.x' }] }],
      ),
    );
    const { warnings } = accept(before, {
      server: 'a',
      tasks: [
        { name: 'y', args: { changed: true } },
        { name: 'z', args: { changed: true } },
        { name: 'own', dependsOn: ['xx'] },
      ],
    });
    expect(warnings).toEqual([
      'a.own depends on a.xx, which a does not declare',
      'a.x is no longer declared, and stays unresolved for: b.too, b.uses',
      'a.x is no longer declared, which stops the jobs: b.job',
      'a.y was changed (args), check what depends on it: b.uses',
      'a.z was changed (args), check the jobs: b.job',
    ]);
  });
});

describe('an entry of a job', () => {
  test('may name what is not a member: nobody waits for it, and there is a warning', () => {
    const tasks = [{ task: 'x', dependsOn: ['b.away', 'y'] }, { task: 'y' }];
    const { warnings } = accept(emptyRegistry(), declarationOf('a', ['x', 'y'], [{ name: 'j', tasks }]));
    expect(warnings).toEqual(['in the job a.j, a.x is not waiting for b.away, which is not a member of it']);
  });
});

describe('a withdrawal', () => {
  test('leaves the server’s tasks unresolved where others depend on them', () => {
    const registry = registryWith(declarationOf('a', ['x', 'y', 'w']), declarationOf('b', ['z: a.y a.x']));
    const { registry: after, changed, unresolved } = withdraw(registry, 'a');
    expect([changed, unresolved]).toEqual([true, ['a.x', 'a.y']]);
    expect(graphOf(after).nodes).toEqual([
      { task: 'a.x', server: 'a', declared: false, unresolved: [] },
      { task: 'a.y', server: 'a', declared: false, unresolved: [] },
      { task: 'b.z', server: 'b', declared: true, unresolved: ['a.x', 'a.y'] },
    ]);
    expect(after.servers.has('a')).toBe(false);
  });

  test('of a server that is not declared changes nothing', () => {
    const registry = registryWith(declarationOf('a', ['x']));
    expect(withdraw(registry, 'b')).toEqual({ registry, changed: false, unresolved: [] });
  });
});
