/** Size, api, version and number of the request, and the length of the client's id. */
const FIXED_BYTES = 4 + 2 + 2 + 4 + 2;
/** What is left free in front of a payload, for a client's id of a usual length. */
const ROOM_BYTES = 256;

/** A buffer for a payload that its request's head is written in front of. */
export const roomFor = (bytes: number): Buffer => Buffer.allocUnsafe(ROOM_BYTES + bytes).subarray(ROOM_BYTES);

/** Marks kafkajs's encoder around a payload in a buffer by `roomFor`; whoever does not know it finds an encoder. */
export const IN_ROOM = Symbol.for('cordyna.payload.inRoom');

interface Numbered {
  readonly correlationId: number;
  readonly clientId: string;
  readonly request: {
    readonly apiKey: number;
    readonly apiName: string;
    readonly apiVersion: number;
    encode(): Promise<unknown>;
  };
}
/** What kafkajs writes to its socket. */
interface Framed {
  readonly buffer: Buffer;
}
export type CreateRequest = (numbered: Numbered) => Promise<Framed>;

/** kafkajs copies a payload twice, into buffers that are filled with zeros before and are twice as large as needed. */
export function createRequestBy(original: CreateRequest): CreateRequest {
  return async (numbered) => {
    const payload = (await numbered.request.encode()) as { readonly [IN_ROOM]?: Buffer };
    const bytes = payload[IN_ROOM];
    if (bytes !== undefined) return { buffer: framed(numbered, bytes) };
    return original({
      ...numbered,
      request: { ...numbered.request, encode: () => Promise.resolve(payload) },
    });
  };
}

function framed({ correlationId, clientId, request }: Numbered, payload: Buffer): Buffer {
  const idBytes = Buffer.byteLength(clientId);
  const headBytes = FIXED_BYTES + idBytes;
  const frame =
    headBytes <= ROOM_BYTES
      ? Buffer.from(payload.buffer, payload.byteOffset - headBytes, headBytes + payload.length)
      : Buffer.concat([Buffer.alloc(headBytes), payload]);
  let at = frame.writeInt32BE(frame.length - 4, 0);
  at = frame.writeInt16BE(request.apiKey, at);
  at = frame.writeInt16BE(request.apiVersion, at);
  at = frame.writeInt32BE(correlationId, at);
  at = frame.writeInt16BE(idBytes, at);
  frame.write(clientId, at);
  return frame;
}
