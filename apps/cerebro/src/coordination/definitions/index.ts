export * from './changes.js';
export * from './definitions.js';
export * from './door-definitions.js';
export * from './door-files.js';
export * from './door-schedules.js';
export * from './files.js';
export * from './schedules.js';
