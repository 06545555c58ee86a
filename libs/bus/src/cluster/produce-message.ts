import { BytesWriter, varintSize } from './bytes-writer.js';

type Bytes = string | Buffer;
export type OutHeaders = Readonly<Record<string, Bytes>>;

/** A message whose bytes are counted: each count goes through the whole text, so each is made once. */
export interface ProduceMessage {
  readonly key: Bytes | null;
  /** -1: there is none. */
  readonly keyBytes: number;
  readonly value: Bytes | null;
  /** -1: there is none. */
  readonly valueBytes: number;
  /** As they stand in the record, with their number in front. */
  readonly headers: Buffer;
  /** Undefined: when it leaves. */
  readonly timestampMs: number | undefined;
}

export const sizeOf = (value: Bytes): number =>
  typeof value === 'string' ? Buffer.byteLength(value) : value.length;

const NO_HEADERS = Buffer.from([0]);
/** Headers that nobody can change are written once; nearly all messages of a sender have the same. */
const sections = new WeakMap<OutHeaders, Buffer>();

export function measured(message: {
  readonly key: Bytes | null;
  readonly value: Bytes | null;
  readonly headers?: OutHeaders | undefined;
  readonly timestampMs?: number | undefined;
}): ProduceMessage {
  const { key, value, headers, timestampMs } = message;
  return {
    key,
    keyBytes: key === null ? -1 : sizeOf(key),
    value,
    valueBytes: value === null ? -1 : sizeOf(value),
    headers: headers === undefined ? NO_HEADERS : sectionOf(headers),
    timestampMs,
  };
}

function sectionOf(headers: OutHeaders): Buffer {
  const known = sections.get(headers);
  if (known) return known;
  const section = written(headers);
  const isFixed =
    Object.isFrozen(headers) && Object.values(headers).every((value) => typeof value === 'string');
  if (isFixed) sections.set(headers, section);
  return section;
}

function written(headers: OutHeaders): Buffer {
  const parts: Bytes[] = [];
  const sizes: number[] = [];
  let bytes = 0;
  const add = (part: Bytes): void => {
    const size = sizeOf(part);
    parts.push(part);
    sizes.push(size);
    bytes += varintSize(size) + size;
  };
  for (const name in headers) {
    add(name);
    add(headers[name] ?? '');
  }
  const count = parts.length / 2;
  const writer = new BytesWriter(Buffer.allocUnsafe(varintSize(count) + bytes));
  writer.varint(count);
  parts.forEach((part, index) => {
    writer.sized(part, sizes[index] ?? 0);
  });
  return writer.bytes;
}
