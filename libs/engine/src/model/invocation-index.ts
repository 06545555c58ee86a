interface Entry {
  readonly invocation: string;
  readonly index: number;
}
type Bucket = readonly Entry[];
type Chunk = readonly Bucket[];

const WIDTH = 32;
const EMPTY_BUCKET: Bucket = [];
const EMPTY_CHUNK: Chunk = Array.from({ length: WIDTH }, () => EMPTY_BUCKET);
const EMPTY_CHUNKS: readonly Chunk[] = Array.from({ length: WIDTH }, () => EMPTY_CHUNK);
/** So many are looked through in less time than it takes to find the place of one. */
const FEW = 8;

/** FNV-1a, 32 bits (public domain, Fowler, Noll and Vo). */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) value = Math.imul(value ^ text.charCodeAt(at), 0x01000193);
  return value >>> 0;
}

const find = (bucket: Bucket, invocation: string): number | undefined => {
  for (const entry of bucket) if (entry.invocation === invocation) return entry.index;
  return undefined;
};

/** In the order of their invocations. */
function put(bucket: Bucket, entry: Entry): Bucket {
  let at = 0;
  for (const one of bucket) if (one.invocation < entry.invocation) at += 1;
  return bucket.toSpliced(at, bucket[at]?.invocation === entry.invocation ? 1 : 0, entry);
}

const drop = (bucket: Bucket, invocation: string): Bucket =>
  bucket.filter((entry) => entry.invocation !== invocation);

/**
 * Present invocation → position of its task run, immutable. An update names only an invocation, and one of 10,000
 * elements must be found without looking at the others. Equal contents have an equal shape, whatever the order of changes.
 */
export class InvocationIndex {
  static readonly empty = new InvocationIndex(EMPTY_BUCKET, null, 0);

  private constructor(
    /** All of them, as long as there are few: most runs are small. */
    private readonly few: Bucket,
    private readonly chunks: readonly Chunk[] | null,
    private readonly size: number,
  ) {}

  get(invocation: string): number | undefined {
    const { chunks } = this;
    return find(chunks ? bucketIn(chunks, hash(invocation)) : this.few, invocation);
  }

  with(invocation: string, index: number): InvocationIndex {
    const entry = { invocation, index };
    if (this.chunks) return this.replace(invocation, (bucket) => put(bucket, entry));
    const next = put(this.few, entry);
    if (next.length <= FEW) return new InvocationIndex(next, null, next.length);
    let chunks = EMPTY_CHUNKS;
    for (const one of next) chunks = replaced(chunks, hash(one.invocation), (bucket) => put(bucket, one));
    return new InvocationIndex(EMPTY_BUCKET, chunks, next.length);
  }

  without(invocation: string): InvocationIndex {
    if (this.chunks) return this.replace(invocation, (bucket) => drop(bucket, invocation));
    const next = drop(this.few, invocation);
    return new InvocationIndex(next, null, next.length);
  }

  private replace(invocation: string, change: (bucket: Bucket) => Bucket): InvocationIndex {
    const slot = hash(invocation);
    const before = this.chunks as readonly Chunk[];
    const chunks = replaced(before, slot, change);
    const size = this.size + bucketIn(chunks, slot).length - bucketIn(before, slot).length;
    if (size > FEW) return new InvocationIndex(EMPTY_BUCKET, chunks, size);
    let few = EMPTY_BUCKET;
    for (const entry of chunks.flat(2)) few = put(few, entry);
    return new InvocationIndex(few, null, size);
  }
}

const bucketIn = (chunks: readonly Chunk[], slot: number): Bucket =>
  (chunks[slot % WIDTH] as Chunk)[Math.floor(slot / WIDTH) % WIDTH] as Bucket;

function replaced(
  before: readonly Chunk[],
  slot: number,
  change: (bucket: Bucket) => Bucket,
): readonly Chunk[] {
  const chunks = before.slice();
  const chunk = (chunks[slot % WIDTH] as Chunk).slice();
  chunk[Math.floor(slot / WIDTH) % WIDTH] = change(bucketIn(before, slot));
  chunks[slot % WIDTH] = chunk;
  return chunks;
}
