export { createBus } from './bus.js';
export { bytesInBatches } from './cluster/record-batch.js';
export * from './errors.js';
export type * from './port.js';
