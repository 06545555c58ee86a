import { crc32 } from 'node:zlib';

/**
 * librdkafka's `consistent` partitioner: CRC32 of the key modulo the number of partitions, so keys lie elsewhere than
 * with the murmur2 of the Java and the other JavaScript clients.
 */
export const crc32Partitioner =
  () =>
  ({ partitionMetadata, message }) =>
    crc32(message.key ?? '') % partitionMetadata.length;
