/**
 * One configuration for every part of the suite; scripts/test.mjs chooses the part.
 * Workspaces resolve to their TypeScript sources through the condition `cordyna-source`.
 */
export default {
  testEnvironment: '<rootDir>/libs/testkit/jest/environment.mjs',
  testEnvironmentOptions: { customExportConditions: ['cordyna-source', 'node', 'node-addons'] },
  extensionsToTreatAsEsm: ['.ts'],
  transform: { '^.+\\.ts$': '@swc/jest' },
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  // A real broker takes its time on a busy machine; what waits has a limit of its own.
  testTimeout: 30_000,
  testMatch: ['**/*.test.ts'],
  testPathIgnorePatterns: ['/node_modules/', '/dist/'],
  modulePathIgnorePatterns: ['<rootDir>/.*/dist/', '<rootDir>/.cordyna/'],
};
