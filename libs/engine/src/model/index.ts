export * from './copies.js';
export type * from './decision.js';
export type * from './input.js';
export * from './invocation-index.js';
export type * from './plan.js';
export type * from './registry.js';
export type * from './run.js';
export * from './task-list.js';
export type * from './world.js';
