interface Entry {
  readonly invocation: string;
  readonly index: number;
}
type Bucket = readonly Entry[];
type Chunk = readonly Bucket[];

const WIDTH = 32;
const EMPTY_BUCKET: Bucket = [];
const EMPTY_CHUNK: Chunk = Array.from({ length: WIDTH }, () => EMPTY_BUCKET);

/** FNV-1a, 32 bits (public domain, Fowler, Noll and Vo). */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) value = Math.imul(value ^ text.charCodeAt(at), 0x01000193);
  return value >>> 0;
}

/**
 * Present invocation → position of its task run, immutable. An update names only an invocation, and one of 10,000
 * elements must be found without looking at the others. Equal contents have an equal shape, whatever the order of changes.
 */
export class InvocationIndex {
  static readonly empty = new InvocationIndex(Array.from({ length: WIDTH }, () => EMPTY_CHUNK));

  private constructor(private readonly chunks: readonly Chunk[]) {}

  get(invocation: string): number | undefined {
    return this.bucket(hash(invocation)).find((entry) => entry.invocation === invocation)?.index;
  }

  with(invocation: string, index: number): InvocationIndex {
    const slot = hash(invocation);
    const others = this.bucket(slot).filter((entry) => entry.invocation !== invocation);
    const next = [...others, { invocation, index }];
    return this.replace(
      slot,
      next.sort((a, b) => (a.invocation < b.invocation ? -1 : 1)),
    );
  }

  without(invocation: string): InvocationIndex {
    const slot = hash(invocation);
    return this.replace(
      slot,
      this.bucket(slot).filter((entry) => entry.invocation !== invocation),
    );
  }

  private bucket(slot: number): Bucket {
    return (this.chunks[slot % WIDTH] as Chunk)[Math.floor(slot / WIDTH) % WIDTH] as Bucket;
  }

  private replace(slot: number, bucket: Bucket): InvocationIndex {
    const chunks = this.chunks.slice();
    const chunk = (chunks[slot % WIDTH] as Chunk).slice();
    chunk[Math.floor(slot / WIDTH) % WIDTH] = bucket;
    chunks[slot % WIDTH] = chunk;
    return new InvocationIndex(chunks);
  }
}
