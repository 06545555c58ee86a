import { spawnSync } from 'node:child_process';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { repository } from './tracked-files.js';

/** file → [source, the rules that must find something]; none: it is allowed there. */
const cases: Record<string, readonly [file: string, source: string, rules: readonly string[]]> = {
  'Date.now in the engine': [
    'libs/engine/src/x.ts',
    'export const at = Date.now();',
    ['no-restricted-syntax'],
  ],
  'the present time in the engine': [
    'libs/engine/src/x.ts',
    'export const at = new Date();',
    ['no-restricted-syntax'],
  ],
  'a given time in the engine': ['libs/engine/src/x.ts', 'export const at = new Date(3);', []],
  'chance in the engine': [
    'libs/engine/src/x.ts',
    'export const p = Math.random();',
    ['no-restricted-syntax'],
  ],
  'a timer in the engine': ['libs/engine/src/x.ts', 'setTimeout(() => 1, 5);', ['no-restricted-globals']],
  'an interval in the engine': [
    'libs/engine/src/x.ts',
    'setInterval(() => 1, 5);',
    ['no-restricted-globals'],
  ],
  'the process in the engine': [
    'libs/engine/src/x.ts',
    'export const p = process.pid;',
    ['no-restricted-globals'],
  ],
  'Node in the engine': ['libs/engine/src/x.ts', "import 'node:fs';", ['no-restricted-imports']],
  'Nest in the engine': ['libs/engine/src/x.ts', "import '@nestjs/common';", ['no-restricted-imports']],
  'wire formats in the engine': [
    'libs/engine/src/x.ts',
    "import '@cordyna/protocol/wire';",
    ['no-restricted-imports'],
  ],
  'plain types in the engine': [
    'libs/engine/src/x.ts',
    "import '@cordyna/protocol/model'; import 'croner';",
    [],
  ],
  'the clock in the coordinator': ['apps/cerebro/src/x.ts', 'export const at = Date.now();', []],
  'the environment in a service': [
    'apps/cerebro/src/x.ts',
    'export const e = process.env;',
    ['no-restricted-properties'],
  ],
  'the environment taken apart': [
    'libs/bus/src/x.ts',
    'export const { env } = process;',
    ['no-restricted-properties'],
  ],
  'the environment by import': [
    'libs/bus/src/x.ts',
    "export { env } from 'node:process';",
    ['no-restricted-imports'],
  ],
  'the environment in config/': ['apps/cerebro/src/config/x.ts', 'export const e = process.env;', []],
  'the environment in config.ts': ['apps/dyna/src/config.ts', 'export const e = process.env;', []],
  'the environment in a test': ['test/integration/x.test.ts', 'export const e = process.env;', []],
  'kafkajs in the coordinator': ['apps/cerebro/src/x.ts', "import 'kafkajs';", ['no-restricted-imports']],
  "kafkajs' insides in the SDK": [
    'libs/task-server/src/x.ts',
    "import 'kafkajs/src/x.js';",
    ['no-restricted-imports'],
  ],
  'kafkajs in the bus': ['libs/bus/src/x.ts', "import 'kafkajs';", []],
  'kafkajs in a test': ['test/e2e/x.test.ts', "import 'kafkajs';", []],
  any: ['libs/bus/src/x.ts', 'export type X = any;', ['@typescript-eslint/no-explicit-any']],
  'a type imported as a value': [
    'libs/bus/src/x.ts',
    "import { T } from './t.js'; export const t = (x: T): T => x;",
    ['@typescript-eslint/consistent-type-imports'],
  ],
  'a class that is injected': [
    'apps/cerebro/src/x.ts',
    "import { T } from './t.js'; import { D } from './d.js'; @D() export class X { constructor(readonly t: T) {} }",
    [],
  ],
  'a default export': ['libs/bus/src/x.ts', 'export default 1;', ['no-restricted-exports']],
  'a long file': ['libs/bus/src/x.ts', 'export {};\n'.repeat(401), ['max-lines']],
  'a file of 400 lines': ['libs/bus/src/x.ts', 'export {};\n'.repeat(400), []],
  'a long function': [
    'libs/bus/src/x.ts',
    `export function f() {${'\n'.repeat(81)}}`,
    ['max-lines-per-function'],
  ],
  'a skipped test': ['test/e2e/x.test.ts', "test.skip('x', () => {});", ['no-restricted-syntax']],
  'a test that runs alone': [
    'libs/bus/test/x.test.ts',
    "describe.only('x', () => {});",
    ['no-restricted-syntax'],
  ],
};

/** ESLint loads its configuration by itself, which Jest's module registry does not let it do: so in its own process. */
const program = `
  import { ESLint } from 'eslint';
  const lines = [];
  process.stdin.on('data', (data) => lines.push(data)).on('end', async () => {
    const eslint = new ESLint();
    const found = {};
    for (const [name, [filePath, source]] of Object.entries(JSON.parse(Buffer.concat(lines))))
      found[name] = (await eslint.lintText(source, { filePath })).flatMap((r) => r.messages.map((m) => m.ruleId));
    console.log(JSON.stringify(found));
  });`;

describe('the lint rules', () => {
  let found: Record<string, string[]>;

  beforeAll(() => {
    const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', program], {
      cwd: repository,
      input: JSON.stringify(cases),
      encoding: 'utf8',
      timeout: 60_000,
    });
    if (!stdout) throw new Error(stderr);
    found = JSON.parse(stdout) as Record<string, string[]>;
  }, 60_000);

  test.each(Object.entries(cases))('%s', (name, [, , rules]) => {
    expect([...new Set(found[name])].sort()).toEqual([...rules].sort());
  });
});
