import type { TcpProxy } from '@cordyna/testkit';

const PRODUCE = 0;
const FETCH = 1;
const VERSION = 11;

/** A fetch request on its way to the broker. */
export interface SeenFetch {
  readonly sessionId: number;
  readonly sessionEpoch: number;
  /** How many topics it names. */
  readonly topics: number;
  /** Puts another session into it before the broker gets it. */
  replace(session: { readonly sessionId?: number; readonly sessionEpoch?: number }): void;
}

/** A small request on an idle socket is one chunk; its head: size, key, version, correlation id, the client's name. */
const keyOf = (chunk: Buffer): number | null =>
  chunk.length < 14 || chunk.readInt32BE(0) !== chunk.length - 4 ? null : chunk.readInt16BE(4);

function fetchIn(chunk: Buffer): SeenFetch | null {
  if (keyOf(chunk) !== FETCH || chunk.readInt16BE(6) !== VERSION) return null;
  // replica, wait, bytes (two numbers), isolation
  const session = 14 + chunk.readInt16BE(12) + 4 * 4 + 1;
  return {
    sessionId: chunk.readInt32BE(session),
    sessionEpoch: chunk.readInt32BE(session + 4),
    topics: chunk.readInt32BE(session + 8),
    replace({ sessionId, sessionEpoch }) {
      if (sessionId !== undefined) chunk.writeInt32BE(sessionId, session);
      if (sessionEpoch !== undefined) chunk.writeInt32BE(sessionEpoch, session + 4);
    },
  };
}

/** Shows each fetch request that goes through the proxy. */
export function watchFetches(proxy: TcpProxy, onFetch: (fetch: SeenFetch) => void): void {
  proxy.watch((direction, chunk) => {
    const fetch = direction === 'toServer' ? fetchIn(chunk) : null;
    if (fetch) onFetch(fetch);
  });
}

/** Calls for each produce request that goes through the proxy. */
export function watchProduces(proxy: TcpProxy, onProduce: () => void): void {
  proxy.watch((direction, chunk) => {
    if (direction === 'toServer' && keyOf(chunk) === PRODUCE) onProduce();
  });
}
