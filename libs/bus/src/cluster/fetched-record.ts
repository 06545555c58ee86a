import type { BusHeaders, BusRecord } from '../port.js';
import { RecordCursor } from './record-cursor.js';

/** The headers of records that follow each other are often the same bytes. */
export class HeaderMemory {
  private begin = 0;
  private end = 0;
  private headers: BusHeaders = {};

  constructor(private readonly bytes: Buffer) {}

  read(begin: number, end: number): BusHeaders {
    if (begin === this.begin) return this.headers;
    if (!this.isSame(begin, end)) this.headers = new RecordCursor(this.bytes, begin).headers() as BusHeaders;
    this.begin = begin;
    this.end = end;
    return this.headers;
  }

  private isSame(begin: number, end: number): boolean {
    const { bytes } = this;
    if (end - begin !== this.end - this.begin) return false;
    for (let at = end - 1, other = this.end - 1; at >= begin; at--, other--)
      if (bytes[at] !== bytes[other]) return false;
    return true;
  }
}

/** Where the parts of a record are. */
export interface RecordPlaces {
  readonly keyAt: number;
  /** Less than `keyAt`: it is null. */
  readonly keyEnd: number;
  readonly valueAt: number;
  /** Less than `valueAt`: it is null. */
  readonly valueEnd: number;
  readonly headersAt: number;
  readonly end: number;
}

/**
 * A record within the answer that it came in. Its key, value and headers are views, each of which costs as much as
 * reading all numbers of the record; they are made when somebody asks for them.
 */
export class FetchedRecord implements BusRecord {
  constructor(
    readonly topic: string,
    readonly partition: number,
    readonly offset: bigint,
    readonly timestampMs: number,
    private readonly bytes: Buffer,
    private readonly places: RecordPlaces,
    private readonly memory: HeaderMemory,
  ) {}

  get key(): Buffer | null {
    const { keyAt, keyEnd } = this.places;
    return keyEnd < keyAt ? null : this.bytes.subarray(keyAt, keyEnd);
  }

  get value(): Buffer | null {
    const { valueAt, valueEnd } = this.places;
    return valueEnd < valueAt ? null : this.bytes.subarray(valueAt, valueEnd);
  }

  get headers(): BusHeaders {
    return this.memory.read(this.places.headersAt, this.places.end);
  }
}
