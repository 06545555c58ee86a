import js from '@eslint/js';
import prettier from 'eslint-config-prettier';
import { defineConfig } from 'eslint/config';
import tseslint from 'typescript-eslint';

/** Rules that need no types, so that the whole repository is linted in seconds; types are tsc's part. */

const tests = ['test/**', 'libs/testkit/**', '{apps,libs}/*/test/**', 'bench/**'];
const tooling = ['scripts/**', 'examples/**', 'sdks/**', '{apps,libs}/*/scripts/**', '*.{mjs,cjs,js}'];
const configFiles = [
  '{apps,libs}/*/src/config.ts',
  '{apps,libs}/*/src/config/**',
  '{apps,libs}/*/src/**/*.config.ts',
];

const nodeGlobals = Object.fromEntries(
  [
    ...['process', 'console', 'Buffer', 'URL', 'URLSearchParams', 'fetch', 'AbortController', 'AbortSignal'],
    ...['TextEncoder', 'TextDecoder', 'setTimeout', 'clearTimeout', 'setInterval', 'clearInterval'],
    ...['setImmediate', 'clearImmediate', 'queueMicrotask', 'structuredClone', 'performance', 'Intl'],
    ...['module', 'require', 'exports', '__dirname', '__filename'],
  ].map((name) => [name, 'readonly']),
);

const environmentOnlyInConfig = [
  'error',
  {
    object: 'process',
    property: 'env',
    message: 'Read the environment in a config file and pass the value on.',
  },
];
const noEnvironmentImport = ['node:process', 'process'].map((name) => ({
  name,
  importNames: ['env'],
  message: 'Read the environment in a config file and pass the value on.',
}));
const noKafkaClient = {
  name: 'kafkajs',
  message: 'libs/bus is the only importer of kafkajs: use createBus() of @cordyna/bus.',
};
const noKafkaInternals = {
  group: ['kafkajs/*'],
  message: 'libs/bus is the only importer of kafkajs: use createBus() of @cordyna/bus.',
};

const engineImports = {
  paths: [...noEnvironmentImport, noKafkaClient],
  patterns: [
    noKafkaInternals,
    {
      group: ['node:*'],
      message: 'The engine does no I/O: return commands, and let the door carry them out.',
    },
    {
      regex: '^(?!\\.{1,2}/|@cordyna/protocol/model$|croner$|node:|kafkajs)',
      message:
        'The engine imports @cordyna/protocol/model and croner only; all else comes in as an argument.',
    },
  ],
};
const engineSyntax = [
  [
    "CallExpression[callee.object.name='Date'][callee.property.name='now']",
    'Time is an input: take it from origin.now.',
  ],
  ["NewExpression[callee.name='Date'][arguments.length=0]", 'Time is an input: take it from origin.now.'],
  ["CallExpression[callee.name='Date']", 'Time is an input: take it from origin.now.'],
  [
    "MemberExpression[object.name='Math'][property.name='random']",
    'Chance is an input: take it from world.jitter.',
  ],
  [
    "MemberExpression[object.name='crypto']",
    'Ids and chance are inputs: take them from the world that the caller gives.',
  ],
].map(([selector, message]) => ({ selector, message }));
const engineGlobals = [
  ['process', 'The engine knows no process: take what it needs as an argument.'],
  ['setTimeout', 'The engine waits for nothing: give a deadline back and let the watchdog propose.'],
  ['setInterval', 'The engine waits for nothing: give a deadline back and let the watchdog propose.'],
  ['setImmediate', 'The engine waits for nothing: give a deadline back and let the watchdog propose.'],
  ['queueMicrotask', 'The engine is synchronous: return the result.'],
  ['performance', 'Time is an input: take it from origin.now.'],
  ['console', 'The engine says what it has to say in history rows.'],
  ['fetch', 'The engine does no I/O: return commands, and let the door carry them out.'],
  ['crypto', 'Ids and chance are inputs: take them from the world that the caller gives.'],
].map(([name, message]) => ({ name, message }));

const noSkippedTests = [
  'MemberExpression[object.name=/^(test|it|describe)$/][property.name=/^(skip|only|todo|failing|fixme)$/]',
  'CallExpression[callee.name=/^(xtest|xit|xdescribe|ftest|fit|fdescribe)$/]',
].map((selector) => ({ selector, message: 'Every test runs, everywhere.' }));

export default defineConfig(
  { ignores: ['**/dist/**', '**/node_modules/**', '**/coverage/**', '.cordyna/**', 'docs/generated/**'] },
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  js.configs.recommended,
  ...tseslint.configs.recommended,
  {
    languageOptions: {
      globals: nodeGlobals,
      // consistent-type-imports must know that decorators keep constructor parameters' classes alive.
      parserOptions: { experimentalDecorators: true, emitDecoratorMetadata: true },
    },
    rules: {
      'max-lines': ['error', 400],
      eqeqeq: ['error', 'always', { null: 'ignore' }],
      'no-restricted-properties': environmentOnlyInConfig,
      'no-restricted-imports': [
        'error',
        { paths: [...noEnvironmentImport, noKafkaClient], patterns: [noKafkaInternals] },
      ],
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      // Nest modules are classes without members.
      '@typescript-eslint/no-extraneous-class': 'off',
    },
  },
  {
    files: ['**/*.ts', '**/*.tsx'],
    rules: { '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'separate-type-imports' }] },
  },
  {
    files: ['{apps,libs}/*/src/**'],
    rules: {
      'max-lines-per-function': ['error', 80],
      'no-restricted-exports': [
        'error',
        { restrictDefaultExports: { direct: true, named: true, defaultFrom: true } },
      ],
    },
  },
  {
    files: ['libs/engine/src/**'],
    rules: {
      'no-restricted-imports': ['error', engineImports],
      'no-restricted-syntax': ['error', ...engineSyntax],
      'no-restricted-globals': ['error', ...engineGlobals],
    },
  },
  { files: ['libs/engine/src/testing/**'], rules: { 'no-restricted-imports': 'off' } },
  {
    files: ['libs/bus/src/**'],
    rules: { 'no-restricted-imports': ['error', { paths: noEnvironmentImport }] },
  },
  { files: configFiles, rules: { 'no-restricted-properties': 'off' } },
  {
    files: [...tests, ...tooling],
    rules: {
      'no-restricted-properties': 'off',
      'no-restricted-imports': 'off',
      'no-restricted-exports': 'off',
    },
  },
  { files: tests, rules: { 'no-restricted-syntax': ['error', ...noSkippedTests] } },
  { files: ['**/*.cjs'], rules: { '@typescript-eslint/no-require-imports': 'off' } },
  prettier,
);
