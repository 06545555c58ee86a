/** Bytes of a number as a zigzag varint; 0 ≤ |value| < 2^53. */
export function varintSize(value: number): number {
  let left = value >= 0 ? value * 2 : value * -2 - 1;
  let bytes = 1;
  for (; left >= 0x80; left = Math.floor(left / 0x80)) bytes += 1;
  return bytes;
}

/** Writes the primitive types of https://kafka.apache.org/protocol#protocol_types one after the other. */
export class BytesWriter {
  protected at = 0;
  constructor(protected readonly buffer: Buffer) {}

  get bytes(): Buffer {
    return this.buffer.subarray(0, this.at);
  }

  int8(value: number): void {
    this.at = this.buffer.writeInt8(value, this.at);
  }

  int16(value: number): void {
    this.at = this.buffer.writeInt16BE(value, this.at);
  }

  int32(value: number): void {
    this.at = this.buffer.writeInt32BE(value, this.at);
  }

  int64(value: bigint): void {
    this.at = this.buffer.writeBigInt64BE(value, this.at);
  }

  string(value: string): void {
    const bytes = this.buffer.write(value, this.at + 2);
    this.int16(bytes);
    this.at += bytes;
  }

  varint(value: number): void {
    let left = value >= 0 ? value * 2 : value * -2 - 1;
    for (; left >= 0x80; left = Math.floor(left / 0x80)) this.buffer[this.at++] = (left % 0x80) | 0x80;
    this.buffer[this.at++] = left;
  }

  /** @param bytes how many it has; -1 for null */
  sized(value: string | Buffer | null, bytes: number): void {
    this.varint(bytes);
    if (value === null) return;
    // A text with as many bytes as characters is ASCII, which is copied as it is.
    if (typeof value !== 'string') this.raw(value);
    else this.at += this.buffer.write(value, this.at, bytes, value.length === bytes ? 'latin1' : 'utf8');
  }

  raw(bytes: Buffer): void {
    this.buffer.set(bytes, this.at);
    this.at += bytes.length;
  }
}
