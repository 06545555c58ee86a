export const library = (
  name: string,
  entries: Record<string, string>,
  dependencies: readonly string[] = [],
): string =>
  JSON.stringify({
    name: `@cordyna/${name}`,
    exports: Object.fromEntries(
      Object.entries(entries).map(([key, source]) => [
        key,
        { 'cordyna-source': source, default: './dist/x.js' },
      ]),
    ),
    dependencies: Object.fromEntries(dependencies.map((dependency) => [dependency, '1.0.0'])),
    peerDependencies: { ...(name === 'task-server' && { '@nestjs/common': '1.0.0' }) },
  });
export const packageOf = (name: string): string => JSON.stringify({ name, main: 'index.js' });
export const npmPackages = ['kafkajs', 'typeorm', 'pg', '@nestjs/common', 'croner', 'undeclared'];
export const libraries = ['bus', 'engine', 'local-stack', 'protocol', 'task-server', 'testkit'];

/** A tree in which every rule is kept: what it allows must stay allowed. */
export const sound: Record<string, string> = {
  'package.json': JSON.stringify({ name: 'fixture', dependencies: {} }),
  'libs/protocol/package.json': library('protocol', {
    './model': './src/model/index.ts',
    './wire': './src/wire/index.ts',
  }),
  'libs/protocol/src/model/index.ts': `export * from './names.js';`,
  'libs/protocol/src/model/names.ts': `export interface Name { text: string }`,
  'libs/protocol/src/wire/index.ts': `import type { Name } from '../model/index.js'; export type Topic = Name;`,
  'libs/engine/package.json': library(
    'engine',
    { '.': './src/index.ts', './testing': './src/testing/index.ts' },
    ['croner'],
  ),
  'libs/engine/src/index.ts': `import type { Name } from '@cordyna/protocol/model'; import 'croner'; export * from './step.js'; export type N = Name;`,
  'libs/engine/src/step.ts': `export const step = 1;`,
  'libs/engine/src/testing/index.ts': `export * from '../step.js';`,
  'libs/engine/test/step.test.ts': `import '../src/step.js';`,
  'libs/bus/package.json': library('bus', { '.': './src/index.ts' }, ['kafkajs']),
  'libs/bus/src/index.ts': `import 'kafkajs'; import '@cordyna/protocol/wire'; export const bus = 1;`,
  'libs/task-server/package.json': library('task-server', { '.': './src/index.ts' }),
  'libs/task-server/src/index.ts': `import '@cordyna/bus'; import '@cordyna/protocol/wire'; import '@nestjs/common';`,
  'libs/local-stack/package.json': library('local-stack', { '.': './src/index.ts' }),
  'libs/local-stack/src/index.ts': `export const start = 1;`,
  'libs/testkit/package.json': library('testkit', { '.': './src/index.ts' }, ['kafkajs', 'pg']),
  'libs/testkit/src/index.ts': `import 'kafkajs'; import 'pg'; import '@cordyna/local-stack';`,
  'apps/cerebro/package.json': library('cerebro', {}, ['@nestjs/common', 'typeorm', 'pg']),
  'apps/cerebro/src/main.ts': `import './messaging/inbox.module.js'; import './persistence/index.js'; import './http/api.module.js';`,
  'apps/cerebro/src/config/index.ts': `export const config = 1;`,
  'apps/cerebro/src/coordination/index.ts': `export * from './door.js';`,
  'apps/cerebro/src/coordination/ports/index.ts': `export interface Store { save(): void }`,
  'apps/cerebro/src/coordination/door.ts': `import '@cordyna/engine'; import '@nestjs/common'; import type { Store } from './ports/index.js'; import { config } from '../config/index.js'; export type S = [Store, typeof config];`,
  'apps/cerebro/src/messaging/inbox.module.ts': `import '@cordyna/bus'; import '../coordination/index.js';`,
  'apps/cerebro/src/persistence/index.ts': `import 'pg'; import 'typeorm'; import type { Store } from '../coordination/ports/index.js'; export type S = Store;`,
  'apps/cerebro/src/http/api.module.ts': `import '../coordination/index.js'; import '@cordyna/protocol/wire';`,
  'apps/dyna/package.json': library('dyna', {}),
  'apps/dyna/src/main.ts': `import '@cordyna/protocol/model'; import '@cordyna/local-stack';`,
  'apps/task-server-a/package.json': library('task-server-a', {}),
  'apps/task-server-a/src/main.ts': `import '@cordyna/task-server'; import '@cordyna/protocol/model';`,
  'test/simulation/postgres/sound.ts': `import '../../../apps/cerebro/src/persistence/index.js'; import 'pg';`,
  'test/e2e/chain.test.ts': `import '@cordyna/testkit'; import '@cordyna/engine/testing'; import 'kafkajs';`,
};

/** One file per way to break a rule: the rules that must name it, and what it says. */
export const broken: Record<string, { readonly rules: readonly string[]; readonly source: string }> = {
  'libs/engine/src/cycle-a.ts': {
    rules: ['no-cycles'],
    source: `import './cycle-b.js'; export const a = 1;`,
  },
  'libs/bus/src/one/type-a.ts': {
    rules: ['no-cycles-between-folders'],
    source: `import type { B } from '../two/type-b.js'; export interface A { b: B }`,
  },
  'libs/bus/src/nowhere.ts': { rules: ['no-unresolvable'], source: `import './not-there.js';` },
  'libs/bus/src/undeclared.ts': { rules: ['no-undeclared-packages'], source: `import 'undeclared';` },
  'libs/bus/src/engine.ts': { rules: ['bus-knows-the-bus-only'], source: `import '@cordyna/engine';` },
  'libs/engine/src/clock.ts': { rules: ['engine-is-pure'], source: `import 'node:fs';` },
  'libs/engine/src/wire.ts': { rules: ['engine-is-pure'], source: `import '@cordyna/protocol/wire';` },
  'libs/engine/src/types.ts': {
    rules: ['engine-is-pure'],
    source: `import type { Topic } from '@cordyna/protocol/wire'; export type T = Topic;`,
  },
  'libs/engine/src/builders.ts': {
    rules: ['no-test-code-in-src'],
    source: `import './testing/index.js';`,
  },
  'libs/protocol/src/model/node.ts': { rules: ['model-is-plain'], source: `import 'node:crypto';` },
  'libs/protocol/src/wire/bus.ts': {
    rules: ['wire-knows-formats-only'],
    source: `import '@cordyna/task-server';`,
  },
  'libs/task-server/src/kafka.ts': {
    rules: ['kafkajs-only-in-bus', 'no-undeclared-packages'],
    source: `import 'kafkajs';`,
  },
  'libs/task-server/src/engine.ts': {
    rules: ['task-server-knows-protocol-and-bus'],
    source: `import '@cordyna/engine';`,
  },
  'libs/task-server/src/app.ts': {
    rules: ['libs-never-import-apps', 'task-server-knows-protocol-and-bus'],
    source: `import '../../../apps/dyna/src/main.js';`,
  },
  'libs/local-stack/src/bus.ts': { rules: ['local-stack-stands-alone'], source: `import '@cordyna/bus';` },
  'apps/cerebro/src/coordination/sql.ts': {
    rules: ['coordination-knows-engine-and-ports', 'only-persistence-knows-postgres'],
    source: `import 'pg';`,
  },
  'apps/cerebro/src/coordination/store.ts': {
    rules: ['coordination-knows-engine-and-ports'],
    source: `import '../persistence/index.js';`,
  },
  'apps/cerebro/src/coordination/deep.ts': {
    rules: ['no-deep-imports'],
    source: `import '../../../../libs/engine/src/step.js';`,
  },
  'apps/cerebro/src/timers/tick.ts': {
    rules: ['adapters-never-know-each-other'],
    source: `import '../persistence/index.js';`,
  },
  'apps/cerebro/src/timers/past.ts': {
    rules: ['no-imports-past-an-index'],
    source: `import '../coordination/door.js';`,
  },
  'apps/cerebro/src/timers/bus.ts': {
    rules: ['only-messaging-knows-the-bus'],
    source: `import '@cordyna/bus';`,
  },
  'apps/cerebro/src/timers/root.ts': {
    rules: ['nobody-imports-the-root'],
    source: `import type {} from '../app.js';`,
  },
  'apps/cerebro/src/http/sdk.ts': {
    rules: ['cerebro-knows-no-client'],
    source: `import '@cordyna/task-server';`,
  },
  'test/simulation/postgres/replay.ts': {
    rules: ['replay-compares-stores-only'],
    source: `import '../../../apps/cerebro/src/http/api.module.js';`,
  },
  'test/simulation/store/tables.ts': {
    rules: ['simulation-needs-no-server'],
    source: `import '../postgres/sound.js';`,
  },
  'test/simulation/world.ts': {
    rules: ['simulation-decides-nothing'],
    source: `import '../../apps/cerebro/src/persistence/index.js';`,
  },
  'test/chaos/checker/check.ts': {
    rules: ['checker-is-independent'],
    source: `import '@cordyna/engine';`,
  },
  'apps/cerebro/src/http/kit.ts': { rules: ['testkit-only-by-tests'], source: `import '@cordyna/testkit';` },
  'apps/cerebro/src/config/late.ts': {
    rules: ['config-comes-first'],
    source: `import '../coordination/index.js';`,
  },
  'apps/dyna/src/bus.ts': { rules: ['dyna-speaks-http'], source: `import '@cordyna/bus';` },
  'apps/task-server-a/src/engine.ts': {
    rules: ['task-servers-know-the-sdk'],
    source: `import '@cordyna/engine';`,
  },
  'apps/task-server-a/src/peer.ts': {
    rules: ['apps-never-import-each-other'],
    source: `import '../../dyna/src/main.js';`,
  },
  'apps/monitor/src/page.ts': { rules: ['monitor-speaks-http'], source: `import '@cordyna/protocol/wire';` },
};

/** What some of the broken files lean on; each cycle is reported once, at its first file. */
export const partners: Record<string, string> = {
  'libs/engine/src/cycle-b.ts': `import './cycle-a.js'; export const b = 1;`,
  'libs/bus/src/two/type-b.ts': `import type { A } from '../one/type-a.js'; export interface B { a: A }`,
  'apps/cerebro/src/app.ts': `export const app = 1;`,
  'apps/monitor/package.json': library('monitor', {}),
};
