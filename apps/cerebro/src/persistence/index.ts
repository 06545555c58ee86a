export * from './persistence.js';
export * from './persistence.module.js';
