/**
 * The direction of dependencies as failing checks. Paths are relative to the folder in which dependency-cruiser runs,
 * so that the rules themselves can be tested on small trees (test/static/dependency-rules.test.ts).
 */
const { existsSync, readdirSync, readFileSync } = require('node:fs');
const { join, posix } = require('node:path');

const root = process.cwd();
const escaped = (path) => path.replace(/[.]/g, '\\.');

/** Sources that a library's package.json exports: the only ones that others may import. */
const entries = (existsSync(join(root, 'libs')) ? readdirSync(join(root, 'libs')) : [])
  .map((name) => ['libs', name].join('/'))
  .filter((dir) => existsSync(join(root, dir, 'package.json')))
  .flatMap((dir) => {
    const { exports = {} } = JSON.parse(readFileSync(join(root, dir, 'package.json'), 'utf8'));
    const sources = Object.values(exports).map((target) => target['cordyna-source']);
    return sources.filter(Boolean).map((source) => posix.join(dir, source));
  });

const testCode = '^(test|bench)/|^libs/testkit/|^(apps|libs)/[^/]+/(test|src/testing)/';
const npm = (...names) => names.map((name) => `(^|/)node_modules/${name}/`);
const model = '^libs/protocol/src/model/';
const wire = '^libs/protocol/src/wire/';
const engine = '^libs/engine/src/';
const adapters = '(?:messaging|persistence|timers|triggers|http|monitor|health)';
const cerebro = '^apps/cerebro/src/';
const composition = `${cerebro}[^/]+\\.ts$`;

const forbid = (name, comment, from, to) => ({ name, comment, severity: 'error', from, to });
/** `from` may import what `paths` allow and nothing else; `core` names the Node modules among it. */
const only = (name, comment, from, paths) => forbid(name, comment, from, { pathNot: paths });

const everywhere = [
  forbid(
    'no-cycles',
    'Cut the cycle: move what both need to a third file.',
    {},
    { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
  ),
  forbid(
    'no-cycles-between-folders',
    'Types of one folder may name each other; between folders even types have one direction.',
    { path: '^(.+)/[^/]+$' },
    { circular: true, via: { pathNot: '^$1/[^/]+$' } },
  ),
  forbid('no-unresolvable', 'This import leads nowhere.', {}, { couldNotResolve: true }),
  forbid(
    'no-undeclared-packages',
    'Declare the package in the package.json of the workspace that imports it.',
    { path: '^(apps|libs)/[^/]+/src/', pathNot: testCode },
    {
      dependencyTypes: ['npm-no-pkg', 'npm-unknown', 'npm-dev'],
      // A peer is the installing package's to declare.
      dependencyTypesNot: ['npm-peer'],
      pathNot: '^(apps|libs)/',
    },
  ),
  forbid(
    'no-deep-imports',
    'Import a library by what its package.json exports.',
    { path: '^(?:libs|apps)/([^/]+)/|^(?:test|bench)/' },
    { path: '^libs/(?!$1/)[^/]+/', pathNot: entries.map((entry) => `^${escaped(entry)}$`) },
  ),
  forbid(
    'kafkajs-only-in-bus',
    'libs/bus is the only importer of kafkajs.',
    { pathNot: ['^libs/bus/', testCode] },
    { path: npm('kafkajs') },
  ),
  forbid('libs-never-import-apps', 'Libraries know no application.', { path: '^libs/' }, { path: '^apps/' }),
  forbid(
    'apps-never-import-each-other',
    'What two applications share is a library.',
    { path: '^apps/([^/]+)/' },
    { path: '^apps/(?!$1/)' },
  ),
  forbid(
    'testkit-only-by-tests',
    'libs/testkit is for tests.',
    { pathNot: testCode },
    { path: '^libs/testkit/' },
  ),
  forbid(
    'no-test-code-in-src',
    'Sources do not import test code.',
    { path: '^(apps|libs)/[^/]+/src/', pathNot: testCode },
    { path: '^(test|bench)/|^(apps|libs)/[^/]+/(test|src/testing)/' },
  ),
];

const libraries = [
  only(
    'engine-is-pure',
    'The engine imports the plain types of the protocol and croner.',
    { path: engine, pathNot: testCode },
    [engine, model, ...npm('croner')],
  ),
  only('model-is-plain', 'The plain types import nothing.', { path: model }, [model]),
  forbid(
    'wire-knows-formats-only',
    'The wire formats know no bus, store, framework or other library.',
    { path: wire },
    { path: ['^(libs|apps)/', ...npm('@nestjs/[^/]+', 'kafkajs', 'typeorm', 'pg')], pathNot: [wire, model] },
  ),
  forbid(
    'bus-knows-the-bus-only',
    'The bus knows the protocol, and neither engine nor store.',
    { path: '^libs/bus/src/' },
    {
      path: ['^(libs|apps)/', ...npm('typeorm', '@nestjs/typeorm', 'pg')],
      pathNot: ['^libs/(bus|protocol)/'],
    },
  ),
  forbid(
    'task-server-knows-protocol-and-bus',
    'The SDK is what a foreign process installs: protocol and bus, nothing of the coordinator.',
    { path: '^libs/task-server/src/' },
    {
      path: ['^(libs|apps)/', ...npm('typeorm', '@nestjs/typeorm', 'pg')],
      pathNot: ['^libs/(task-server|protocol|bus)/'],
    },
  ),
  forbid(
    'local-stack-stands-alone',
    'The local stack starts servers and knows nothing of what uses them.',
    { path: '^libs/local-stack/src/' },
    { path: '^(libs|apps)/', pathNot: '^libs/local-stack/' },
  ),
];

const applications = [
  only(
    'coordination-knows-engine-and-ports',
    'Coordination decides by the engine and reaches the world through its own ports.',
    { path: `${cerebro}coordination/` },
    [
      `${cerebro}(coordination|config)/`,
      engine,
      model,
      ...npm(
        '@nestjs/(common|core)',
        'reflect-metadata',
        'uuid',
        'ajv',
        'ajv-formats',
        're2js',
        'croner',
        'canonicalize',
      ),
      '^(node:)?(crypto|events|async_hooks|perf_hooks|timers|timers/promises|util|assert)$',
    ],
  ),
  forbid(
    'adapters-never-know-each-other',
    'messaging, persistence, timers, triggers, http, monitor and health meet in coordination only.',
    { path: `${cerebro}(${adapters})/` },
    { path: `${cerebro}(?!$1/)${adapters}/` },
  ),
  forbid(
    'config-comes-first',
    'The configuration imports nothing of the application.',
    { path: `${cerebro}config/` },
    { path: '^(apps|libs)/', pathNot: [`${cerebro}config/`, '^libs/protocol/'] },
  ),
  forbid(
    'nobody-imports-the-root',
    'Only the composition root puts the parts together.',
    { path: `${cerebro}[^/]+/` },
    { path: composition },
  ),
  forbid(
    'only-persistence-knows-postgres',
    'SQL lives in persistence.',
    { path: cerebro, pathNot: [`${cerebro}persistence/`, composition] },
    { path: npm('typeorm', '@nestjs/typeorm', 'pg') },
  ),
  forbid(
    'only-messaging-knows-the-bus',
    'Messages go in and out through messaging.',
    { path: cerebro, pathNot: [`${cerebro}messaging/`, composition] },
    { path: '^libs/bus/' },
  ),
  forbid(
    'cerebro-knows-no-client',
    'The coordinator knows neither SDK nor local stack.',
    { path: cerebro },
    { path: '^libs/(task-server|local-stack)/' },
  ),
  forbid(
    'no-imports-past-an-index',
    'Import a part of the coordinator by its index (or its Nest module).',
    { path: `${cerebro}([^/]+)/` },
    { path: `${cerebro}(?!$1/)[^/]+/`, pathNot: ['/index\\.ts$', '\\.module\\.ts$'] },
  ),
  forbid(
    'dyna-speaks-http',
    'The CLI knows the protocol, HTTP and the local stack.',
    { path: '^apps/dyna/src/' },
    { path: ['^libs/', ...npm('typeorm', 'pg')], pathNot: '^libs/(protocol|local-stack)/' },
  ),
  forbid(
    'monitor-speaks-http',
    'The web page knows the plain types and HTTP.',
    { path: '^apps/monitor/' },
    { path: '^libs/', pathNot: model },
  ),
  forbid(
    'task-servers-know-the-sdk',
    'A task server needs the SDK and nothing else of ours.',
    { path: '^apps/(task-server-[^/]+|runner)/src/' },
    { path: '^libs/', pathNot: ['^libs/task-server/', model] },
  ),
];

const simulations = [
  only(
    'simulation-decides-nothing',
    'A simulation has the real coordination decide; it has a Kafka, a PostgreSQL and a time of its own, and no other part.',
    { path: '^test/simulation/', pathNot: ['\\.test\\.ts$', '^test/simulation/(index\\.ts$|postgres/)'] },
    [
      '^test/simulation/',
      `${cerebro}(coordination|timers|messaging|triggers)/|${cerebro}coordinator\\.ts$`,
      ...[engine, model, wire, '^libs/bus/src/index\\.ts$'],
      ...npm('@nestjs/common', '@jest/globals'),
      '^(node:)?(crypto|timers|util|zlib)$',
    ],
  ),
];

const chaos = [
  only(
    'checker-is-independent',
    'The checker of the chaos judges by topics, history and side effects: of the product it knows the types of the protocol.',
    { path: '^test/chaos/checker/' },
    ['^test/chaos/checker/', model, ...npm('@jest/globals')],
  ),
];

const replays = [
  only(
    'replay-compares-stores-only',
    'What was asked of the store in memory is asked of the real one: nothing else of the coordinator is needed for that.',
    { path: '^test/simulation/postgres/' },
    [
      '^test/simulation/',
      `${cerebro}(coordination/ports|persistence)/`,
      '^libs/local-stack/src/index\\.ts$',
      ...npm('pg', '@types/pg'),
      '^(node:)?(fs|os|path|util)$',
    ],
  ),
  forbid(
    'simulation-needs-no-server',
    'Only the comparison with PostgreSQL knows PostgreSQL.',
    { path: '^test/simulation/(actors|check|kafka|store|world)/' },
    { path: '^test/simulation/postgres/' },
  ),
];

module.exports = {
  forbidden: [...everywhere, ...libraries, ...applications, ...simulations, ...replays, ...chaos],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(^|/)(dist|coverage)/' },
    // Imports of types count: a direction is a direction.
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['cordyna-source', 'import', 'require', 'node', 'default', 'types'],
      extensions: ['.ts', '.tsx', '.js', '.mjs', '.cjs', '.json', '.d.ts'],
    },
  },
};
