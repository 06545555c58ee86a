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
  readonly headers: Readonly<Record<string, Buffer | null | (Buffer | null)[]>>;
  readonly isControlRecord: boolean;
  readonly batchContext: BatchContext;
}
export type DecodeRecord = (record: RecordBytes, context: BatchContext) => DecodedRecord;

const LOG_APPEND_TIME = 1;
const CONTINUES = 0x80;

/** Where reading is: one record is read at a time, from its begin to its end. */
let at = 0;

/** A zigzag varint; exact up to 2^53, which offsets and times in milliseconds stay below. */
function varint(bytes: Buffer): number {
  let result = 0;
  let scale = 1;
  let byte = CONTINUES;
  while (byte >= CONTINUES) {
    byte = bytes[at++] ?? 0;
    result += (byte & 0x7f) * scale;
    scale *= CONTINUES;
  }
  return result % 2 === 0 ? result / 2 : -(result + 1) / 2;
}

function sized(bytes: Buffer): Buffer | null {
  const length = varint(bytes);
  if (length === -1) return null;
  at += length;
  return bytes.subarray(at - length, at);
}

/** Of a header that comes twice all values, in their order. */
function headersOf(bytes: Buffer): DecodedRecord['headers'] {
  const headers: Record<string, Buffer | null | (Buffer | null)[]> = {};
  for (let left = varint(bytes); left > 0; left--) {
    const name = String(sized(bytes));
    const value = sized(bytes);
    const before = headers[name];
    if (before === undefined) headers[name] = value;
    else headers[name] = Array.isArray(before) ? [...before, value] : [before, value];
  }
  return headers;
}

/** As kafkajs does it, in plain numbers: its own makes a dozen big integers for each record. */
export const decodeRecord: DecodeRecord = ({ buffer, offset: begin }, context) => {
  const { firstOffset, firstTimestamp, maxTimestamp, magicByte, isControlBatch = false } = context;
  at = begin;
  const attributes = buffer.readInt8(at);
  at += 1;
  const time = varint(buffer);
  const isAppendTime = context.timestampType === LOG_APPEND_TIME && Boolean(maxTimestamp);
  const timestamp = isAppendTime ? String(maxTimestamp) : String(Number(firstTimestamp) + time);
  const offset = String(Number(firstOffset) + varint(buffer));
  const key = sized(buffer);
  const value = sized(buffer);
  const headers = headersOf(buffer);
  const isControlRecord = isControlBatch;
  const batchContext = context;
  return { magicByte, attributes, timestamp, offset, key, value, headers, isControlRecord, batchContext };
};
