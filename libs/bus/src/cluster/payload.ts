import { IN_ROOM } from '../kafkajs/create-request.js';
import { internals } from '../kafkajs/internals.js';
import type { KafkaEncoder } from '../kafkajs/internals.js';

/**
 * Bytes as kafkajs's own encoder holds them: whoever loads kafkajs before this library has it frame requests in its own
 * way. @param bytes in a buffer by `roomFor`
 */
export function payloadOf(bytes: Buffer): KafkaEncoder {
  const encoder = new internals.Encoder(1);
  encoder.buf = bytes;
  encoder.offset = bytes.length;
  encoder[IN_ROOM] = bytes;
  return encoder;
}
