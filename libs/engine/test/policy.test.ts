import { describe, expect, test } from '@jest/globals';
import type { JsonObject, PolicyBody, ServerDeclaration } from '@cordyna/protocol/model';
import {
  declarationFindings,
  declarationInForce,
  jobFindings,
  noticesOf,
  outputLosses,
  policyErrors,
  policyOf,
  withDefinitions,
  withNotices,
  withdraw,
  type Finding,
} from '../src/index.js';
import { declarationOf, registryWith } from '../src/testing/index.js';

const compile = (pattern: string) => new RegExp(pattern);
const told = (findings: readonly Finding[]) => findings.map(({ level, path }) => `${level} ${path}`);

const shop: ServerDeclaration = {
  server: 'shop',
  team: '',
  contact: 'shop@example.org',
  tasks: [
    { name: 'orders', description: 'all of them', timeouts: {}, dependsOn: ['stock', 'prices.daily'] },
    { name: 'Bill', forEach: 'prices.list', dependsOn: ['archive.last', 'orders'] },
  ],
  jobs: [{ name: 'close', tasks: [{ task: 'orders' }] }],
};

describe('a policy', () => {
  test.each<[string, PolicyBody, string[]]>([
    ['nothing', {}, []],
    [
      'members of the server',
      { servers: { required: { team: 'refuse', contact: 'warn', version: 'warn' } } },
      ['refuse /team', 'warn /version'],
    ],
    [
      'members of tasks',
      { tasks: { required: { description: 'warn', timeouts: 'refuse', outputSchema: 'warn' } } },
      [
        ...['warn /tasks/0/outputSchema', 'warn /tasks/1/description', 'refuse /tasks/1/timeouts'],
        'warn /tasks/1/outputSchema',
      ],
    ],
    [
      'names',
      {
        servers: { naming: { pattern: '^team-', level: 'warn' } },
        tasks: { naming: { pattern: '^[a-z]+$', level: 'refuse' } },
        jobs: { required: { description: 'warn' }, naming: { pattern: 'x', level: 'warn' } },
      },
      ['warn /server', 'refuse /tasks/1/name', 'warn /jobs/0/description', 'warn /jobs/0/name'],
    ],
    [
      'dependencies that are allowed',
      { dependencies: { level: 'refuse', allow: [{ from: ['shop.orders', 's'], to: ['p*'] }] } },
      ['refuse /tasks/1/dependsOn/0', 'refuse /tasks/1/forEach'],
    ],
    [
      'dependencies that are denied',
      {
        dependencies: {
          level: 'warn',
          allow: [{ from: ['*'], to: ['*'] }],
          deny: [{ from: ['shop'], to: ['prices.d*', 'archiv'] }],
        },
      },
      ['warn /tasks/0/dependsOn/1'],
    ],
    [
      'no dependency at all',
      { dependencies: { level: 'warn', allow: [] } },
      ['warn /tasks/0/dependsOn/1', 'warn /tasks/1/dependsOn/0', 'warn /tasks/1/forEach'],
    ],
  ])('that is about %s', (_, policy, expected) => {
    expect(told(declarationFindings(policy, shop, compile))).toEqual(expected);
  });

  test('looks at what is in force as at what is sent, but for timeouts, which have their defaults by then', () => {
    const registry = registryWith(declarationOf('a', ['x', 'y: x b.z']));
    const server = registry.servers.get('a');
    const policy: PolicyBody = {
      servers: { required: { team: 'warn' } },
      tasks: { required: { description: 'warn', timeouts: 'warn' } },
      dependencies: { level: 'warn', allow: [] },
    };
    expect(server && told(declarationFindings(policy, declarationInForce(server), compile))).toEqual([
      ...[
        'warn /team',
        'warn /tasks/0/description',
        'warn /tasks/1/description',
        'warn /tasks/1/dependsOn/1',
      ],
    ]);
  });

  test('finds nothing in what a declaration does not have', () => {
    const policy: PolicyBody = {
      jobs: { required: { description: 'refuse' } },
      dependencies: { level: 'refuse', allow: [] },
    };
    expect(declarationFindings(policy, { server: 'a', tasks: [{ name: 'x' }] }, compile)).toEqual([]);
  });

  test('is the newest version that is not removed', () => {
    const registry = registryWith();
    const body: PolicyBody = { servers: { required: { team: 'warn' } } };
    const policy = { kind: 'policy', name: 'policy', version: 1, body: body as JsonObject } as const;
    const defined = withDefinitions(registry, [policy]);
    expect(policyOf(registry)).toBeNull();
    expect(policyOf(defined)).toEqual(body);
    expect(policyOf(withDefinitions(defined, [{ ...policy, version: 2, body: null }]))).toBeNull();
  });

  test('looks at jobs that people define', () => {
    const policy: PolicyBody = {
      jobs: { required: { description: 'refuse' }, naming: { pattern: '^x', level: 'warn' } },
    };
    expect(told(jobFindings(policy, 'nightly', { tasks: [] }, compile))).toEqual([
      'refuse /description',
      'warn ',
    ]);
    expect(told(jobFindings(policy, 'x', { description: 'd', tasks: [] }, compile))).toEqual([]);
  });

  test('with a pattern that is none is refused at its path', () => {
    const policy: PolicyBody = { tasks: { naming: { pattern: '(', level: 'warn' } }, jobs: {} };
    expect(policyErrors(policy, compile)).toMatchObject([{ path: '/tasks/naming/pattern' }]);
  });
});

describe('what readers of an output lose', () => {
  const rows = (more: JsonObject = {}): JsonObject => ({
    type: 'object',
    properties: { rows: { type: 'integer' }, day: { type: 'string' } },
    required: ['rows', 'day'],
    ...more,
  });
  test.each<[string, JsonObject | null, JsonObject | null, string[]]>([
    ['nothing of a new schema', null, rows(), []],
    ['all of a schema that is taken away', rows(), null, ['/ is there no more']],
    ['nothing by a text', rows(), rows({ description: 'x', title: 'y' }), []],
    [
      'nothing by more',
      rows(),
      rows({ properties: { ...(rows().properties as JsonObject), x: {} }, required: ['x', 'day', 'rows'] }),
      [],
    ],
    [
      'a member',
      rows(),
      rows({ properties: { rows: { type: 'integer' } } }),
      ['/properties/day is there no more'],
    ],
    ['a certainty', rows(), rows({ required: ['rows'] }), ['/required has day no more']],
    [
      'a type',
      { items: { type: ['string', 'null'] } },
      { items: {} },
      ['/items/type is anything and was string or null'],
    ],
    ['a type that becomes another', { type: 'string' }, { type: 'null' }, ['/type is null and was string']],
    ['a type where any was allowed', {}, { type: ['a', 'b'] }, ['/type is a or b and was anything']],
    [
      'all members',
      rows(),
      { type: 'object' },
      [
        ...['/properties/rows is there no more', '/properties/day is there no more'],
        ...['/required has rows no more', '/required has day no more'],
      ],
    ],
    ['nothing by the first members', { type: 'object' }, rows(), []],
    [
      'nothing by members that stay open',
      { properties: { x: true } },
      { properties: { x: true, y: true } },
      [],
    ],
    [
      'what a member may be',
      { properties: { open: true, closed: { type: 'string' } } },
      { properties: { open: { type: 'string' }, closed: false } },
      ['/properties/open was changed', '/properties/closed was changed'],
    ],
    ['what elements may be', { items: {} }, { items: false }, ['/items was changed']],
    ['what elements are', { items: true }, { items: { type: 'null' } }, ['/items was changed']],
    [
      'a rule',
      { maximum: 5, enum: [1] },
      { enum: [1, 2], pattern: 'x' },
      ['/maximum is there no more', '/enum was changed', '/pattern is new'],
    ],
    [
      'many',
      Object.fromEntries(Array.from({ length: 12 }, (_, at) => [`x${at}`, 1])),
      {},
      [...Array.from({ length: 10 }, (_, at) => `/x${at} is there no more`), 'and 2 more'],
    ],
  ])('%s', (_, before, after, expected) => {
    expect(outputLosses(before, after)).toEqual(expected);
  });
});

describe('word to those who depend on a server', () => {
  const prices = (properties: JsonObject) => ({
    server: 'prices',
    tasks: [{ name: 'daily', outputSchema: { properties } }, { name: 'list' }],
  });
  const before = registryWith(
    prices({ rate: {} }),
    declarationOf('shop', ['orders: prices.daily prices.list', 'bill: prices.daily']),
    declarationOf('far', ['x: shop.orders']),
  );

  test('says which of their tasks depends on what, and what was changed', () => {
    const after = registryWith(
      prices({}),
      declarationOf('shop', ['orders: prices.daily', 'bill: prices.daily']),
    );
    expect([...noticesOf(before.servers.get('prices'), after)]).toEqual([
      [
        'shop',
        [
          'prices.daily, used by shop.bill, shop.orders, was changed (outputSchema: /properties/rate is there no more)',
        ],
      ],
    ]);
  });

  test('says what is gone; a server that is new or the same changes nothing', () => {
    const { registry } = withdraw(before, 'prices');
    expect(noticesOf(before.servers.get('prices'), registry).get('shop')).toEqual([
      'prices.daily, used by shop.bill, shop.orders, is no longer declared',
      'prices.list, used by shop.orders, is no longer declared',
    ]);
    expect(noticesOf(undefined, before).size).toBe(0);
    expect(noticesOf(before.servers.get('prices'), withDefinitions(before, [])).size).toBe(0);
  });

  test('is kept with the server it is for, in the place of the word before, and for no server that is not declared', () => {
    const after = withNotices(withNotices(before, 'shop', ['first']), 'shop', ['second']);
    expect(after.servers.get('shop')).toEqual({ ...before.servers.get('shop'), notices: ['second'] });
    expect(after.servers.get('far')).toBe(before.servers.get('far'));
    expect(after.tasks).toBe(before.tasks);
    expect(withNotices(before, 'gone', ['first'])).toBe(before);
  });
});
