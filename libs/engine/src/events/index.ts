export * from './advance.js';
export * from './check.js';
export * from './correlate.js';
export * from './fuse.js';
export * from './latch.js';
export * from './match.js';
export * from './model.js';
export * from './rules-of.js';
