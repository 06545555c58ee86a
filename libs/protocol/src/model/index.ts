export * from './declaration.js';
export * from './errors.js';
export * from './event-types.js';
export * from './execution.js';
export * from './json.js';
export * from './limits.js';
export * from './names.js';
export * from './states.js';
