export { createBus } from './bus.js';
export * from './errors.js';
export type * from './port.js';
