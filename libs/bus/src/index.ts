export { createBus } from './bus.js';
export { bytesInBatches } from './publisher/plan.js';
export * from './errors.js';
export type * from './port.js';
