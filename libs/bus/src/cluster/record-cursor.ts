const CONTINUES = 0x80;
const FIELD = { enumerable: true, writable: true, configurable: true } as const;

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
      // Others write the names: one may be called like something that every object has.
      const before = Object.hasOwn(headers, name) ? headers[name] : undefined;
      const all = before === undefined ? value : Array.isArray(before) ? [...before, value] : [before, value];
      if (name === '__proto__') Object.defineProperty(headers, name, { ...FIELD, value: all });
      else headers[name] = all;
    }
    return headers;
  }
}
