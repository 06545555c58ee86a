import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

const KNOCK_EVERY_MS = 20;
/** Longer than a server of the local stack may take. */
const START_MS = 130_000;

/** When a connection to `host:port` was refused the last time; resolves when one is taken, or nobody is to be expected. */
export async function lastRefusal(address: string): Promise<number> {
  const [host, port] = address.split(':');
  const endMs = Date.now() + START_MS;
  for (let refusedMs = Date.now(); ;) {
    const askedMs = Date.now();
    const socket = connect({ host, port: Number(port) });
    const isTaken = await new Promise<boolean>((resolve) => {
      socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    });
    socket.destroy();
    if (isTaken || askedMs > endMs) return refusedMs;
    refusedMs = askedMs;
    await delay(KNOCK_EVERY_MS);
  }
}
