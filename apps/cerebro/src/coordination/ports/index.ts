export * from './definition-queries.js';
export * from './envelope.js';
export * from './file-format.js';
export * from './bus.js';
export * from './queries.js';
export * from './retention.js';
export * from './schedule-queries.js';
export * from './store.js';
