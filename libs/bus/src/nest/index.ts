/** A door of its own: who needs only the bus, like the SDK, loads no Nest. */
export { BusHandler, CORDYNA_KAFKA } from './bus-handler.js';
export { CordynaKafkaServer } from './cordyna-kafka-server.js';
export type { CordynaKafkaOptions } from './cordyna-kafka-server.js';
export { decodeBatch } from './decoded-batch.js';
export type { Decode, DecodedBatch, DecodedRecord, Poison } from './decoded-batch.js';
