import { RecordCursor } from '../cluster/record-cursor.js';
import type { RawHeaders } from '../cluster/record-cursor.js';

/** What kafkajs hands to its decoder of one record, and what it takes back. */
export interface RecordBytes {
  readonly buffer: Buffer;
  readonly offset: number;
}
export interface BatchContext {
  readonly firstOffset: string;
  readonly firstTimestamp: string;
  readonly magicByte: number;
  readonly isControlBatch?: boolean;
  readonly timestampType?: number;
  readonly maxTimestamp?: string;
}
export interface DecodedRecord {
  readonly magicByte: number;
  readonly attributes: number;
  readonly timestamp: string;
  readonly offset: string;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: RawHeaders;
  readonly isControlRecord: boolean;
  readonly batchContext: BatchContext;
}
export type DecodeRecord = (record: RecordBytes, context: BatchContext) => DecodedRecord;

const LOG_APPEND_TIME = 1;

/** As kafkajs does it, in plain numbers: its own makes a dozen big integers for each record. */
export const decodeRecord: DecodeRecord = ({ buffer, offset: begin }, context) => {
  const { firstOffset, firstTimestamp, maxTimestamp, magicByte, isControlBatch = false } = context;
  const cursor = new RecordCursor(buffer, begin + 1);
  const attributes = buffer.readInt8(begin);
  const time = cursor.varint();
  const isAppendTime = context.timestampType === LOG_APPEND_TIME && Boolean(maxTimestamp);
  const timestamp = isAppendTime ? String(maxTimestamp) : String(Number(firstTimestamp) + time);
  const offset = String(Number(firstOffset) + cursor.varint());
  const key = cursor.sized();
  const value = cursor.sized();
  const headers = cursor.headers();
  const isControlRecord = isControlBatch;
  const batchContext = context;
  return { magicByte, attributes, timestamp, offset, key, value, headers, isControlRecord, batchContext };
};
