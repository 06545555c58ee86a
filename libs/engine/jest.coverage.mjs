import root from '../../jest.config.mjs';

/** The engine's own tests, with every branch of it covered: `jest --config libs/engine/jest.coverage.mjs`. */
export default {
  ...root,
  rootDir: '../..',
  testMatch: ['<rootDir>/libs/engine/test/**/*.test.ts'],
  collectCoverage: true,
  collectCoverageFrom: ['libs/engine/src/**/*.ts', '!libs/engine/src/testing/**'],
  coverageDirectory: '<rootDir>/coverage/engine',
  coverageReporters: ['text', 'lcovonly'],
  coverageThreshold: { global: { branches: 100 } },
};
