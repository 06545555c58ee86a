export { declarations, inputOf, moves } from './arbitraries.js';
export type { Move } from './arbitraries.js';
export { declarationOf, lenientTools, registryWith } from './declarations.js';
export { restore } from './restore.js';
export type { BareRun, BareTaskRun } from './restore.js';
export { RunDriver } from './run-driver.js';
export { seedFor } from './seeds.js';
export type { SeedRequest } from './seeds.js';
export { TestWorld } from './test-world.js';
