export * from './changes.js';
export * from './definitions.js';
export * from './door-definitions.js';
