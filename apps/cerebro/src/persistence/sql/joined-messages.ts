/** What the messages of one row do not have in common. */
export interface JoinedMessage {
  readonly messageId: string;
  readonly run: string | null;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
}

const ABSENT = 0xffff_ffff;
const LENGTH_BYTES = 4;

/** Each message as four fields, each of them its length (32 bits, all ones when there is none) and its bytes. */
export function joinMessages(messages: readonly JoinedMessage[]): Buffer {
  const parts = messages.flatMap(({ messageId, run, key, value }) => [messageId, run, key, value]);
  const sizes = parts.map((part) =>
    part === null ? 0 : typeof part === 'string' ? Buffer.byteLength(part) : part.length,
  );
  const joined = Buffer.allocUnsafe(sizes.reduce((sum, size) => sum + size + LENGTH_BYTES, 0));
  let at = 0;
  parts.forEach((part, n) => {
    at = joined.writeUInt32BE(part === null ? ABSENT : (sizes[n] ?? 0), at);
    if (typeof part === 'string') at += joined.write(part, at);
    else if (part) {
      joined.set(part, at);
      at += part.length;
    }
  });
  return joined;
}

export function splitMessages(joined: Buffer): readonly JoinedMessage[] {
  const messages: JoinedMessage[] = [];
  let at = 0;
  const next = (): Buffer | null => {
    const size = joined.readUInt32BE(at);
    at += LENGTH_BYTES;
    if (size === ABSENT) return null;
    at += size;
    return joined.subarray(at - size, at);
  };
  while (at < joined.length) {
    const [messageId, run, key, value] = [next(), next(), next(), next()];
    messages.push({ messageId: messageId?.toString() ?? '', run: run?.toString() ?? null, key, value });
  }
  return messages;
}
