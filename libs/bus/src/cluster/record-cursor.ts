const CONTINUES = 0x80;

export type RawHeaders = Readonly<Record<string, Buffer | null | (Buffer | null)[]>>;

/** Reads what a record is made of, from its begin to its end: https://kafka.apache.org/documentation/#record. */
export class RecordCursor {
  constructor(
    readonly bytes: Buffer,
    public at: number,
  ) {}

  /** A zigzag varint; exact up to 2^53, which offsets and times in milliseconds stay below. */
  varint(): number {
    const { bytes } = this;
    let byte = bytes[this.at++] ?? 0;
    let result = byte & 0x7f;
    for (let scale = CONTINUES; byte >= CONTINUES; scale *= CONTINUES) {
      byte = bytes[this.at++] ?? 0;
      result += (byte & 0x7f) * scale;
    }
    return result % 2 === 0 ? result / 2 : -(result + 1) / 2;
  }

  sized(): Buffer | null {
    const length = this.varint();
    if (length === -1) return null;
    this.at += length;
    return this.bytes.subarray(this.at - length, this.at);
  }

  /** Of a header that comes twice all values, in their order. */
  headers(): RawHeaders {
    const headers: Record<string, Buffer | null | (Buffer | null)[]> = {};
    for (let left = this.varint(); left > 0; left--) {
      const length = this.varint();
      this.at += length;
      const name = this.bytes.toString('utf8', this.at - length, this.at);
      const value = this.sized();
      const before = headers[name];
      if (before === undefined) headers[name] = value;
      else headers[name] = Array.isArray(before) ? [...before, value] : [before, value];
    }
    return headers;
  }
}
