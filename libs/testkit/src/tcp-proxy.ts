import { connect, createServer, type Server, type Socket } from 'node:net';
import { Transform, type TransformCallback } from 'node:stream';
import { freePort } from '@cordyna/local-stack';
import { atEnd } from './closers.js';

/** `toServer`: what clients send; `toClient`: what the server answers. */
export type Direction = 'toServer' | 'toClient';
export const DIRECTIONS: readonly Direction[] = ['toServer', 'toClient'];

export interface Trap {
  readonly direction: Direction;
  readonly after: string;
  readonly mark: string;
  readonly onSprung: () => void;
}

/** `connection`: its number, the same in both directions. */
export type Watcher = (direction: Direction, chunk: Buffer, connection: number) => void;

export interface TcpProxy {
  readonly port: number;
  readonly connections: number;
  /** Bytes held back in a direction now. */
  heldBytes(direction: Direction): number;
  /** Keeps the bytes of a direction (default: both) until `release`; connections stay open. */
  hold(direction?: Direction): void;
  /**
   * On the first connection on which `after` and then `mark` goes by: passes on what comes before the mark and keeps the
   * rest of that connection's direction until `release`, so that its sender is stopped in the middle. Null disarms it.
   */
  trap(trap: Trap | null): void;
  /** Shows each chunk before it is passed on; the listener may still hold its direction. */
  watch(listener: Watcher): void;
  /** Sends on what was held, in order. */
  release(direction?: Direction): void;
  /** Delivers each chunk this much later; 0 ends it. */
  delay(delayMs: number): void;
  /** Throws all bytes away, both ways, until `restore`; new connections are accepted and hear nothing. */
  blackHole(): void;
  restore(): void;
  /** Ends all connections with a TCP reset; new ones are accepted. */
  reset(): void;
  close(): Promise<void>;
}

interface Rules {
  readonly held: Set<Direction>;
  readonly watchers: Watcher[];
  delayMs: number;
  swallow: boolean;
  trap: Trap | null;
}

/** One direction of one connection: passes on, delays, keeps or drops what flows through. */
class Valve extends Transform {
  #kept: Buffer[] = [];
  /** Caught in a trap. */
  #caught = false;
  #sawTrap: Trap | null = null;

  constructor(
    private readonly direction: Direction,
    private readonly rules: Rules,
    private readonly connection: number,
  ) {
    super();
  }

  get held(): number {
    return this.#kept.reduce((sum, chunk) => sum + chunk.length, 0);
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    if (this.rules.delayMs === 0) this.#pass(chunk, done);
    else setTimeout(() => this.#pass(chunk, done), this.rules.delayMs);
  }

  #pass(chunk: Buffer, done: TransformCallback): void {
    for (const watcher of this.rules.watchers) watcher(this.direction, chunk, this.connection);
    if (this.#caught || this.rules.held.has(this.direction)) this.#kept.push(chunk);
    else if (!this.rules.swallow) this.push(this.#upToTrap(chunk));
    done();
  }

  /** What may pass; the rest is kept. */
  #upToTrap(chunk: Buffer): Buffer {
    const { trap } = this.rules;
    if (trap?.direction !== this.direction) return chunk;
    const after = this.#sawTrap === trap ? 0 : chunk.indexOf(trap.after, 0, 'latin1');
    if (after < 0) return chunk;
    this.#sawTrap = trap;
    const at = chunk.indexOf(trap.mark, after, 'latin1');
    if (at < 0) return chunk;
    this.rules.trap = null;
    this.#caught = true;
    this.#kept.push(chunk.subarray(at));
    trap.onSprung();
    return chunk.subarray(0, at);
  }

  release(): void {
    const kept = this.#kept;
    this.#kept = [];
    this.#caught = false;
    if (!this.rules.swallow && !this.destroyed) for (const chunk of kept) this.push(chunk);
  }
}

interface Link {
  readonly client: Socket;
  readonly upstream: Socket;
  readonly valves: Readonly<Record<Direction, Valve>>;
}

let connections = 0;

function link(client: Socket, upstream: Socket, rules: Rules, onEnd: () => void): Link {
  connections += 1;
  const valves = {
    toServer: new Valve('toServer', rules, connections),
    toClient: new Valve('toClient', rules, connections),
  };
  client.pipe(valves.toServer).pipe(upstream);
  upstream.pipe(valves.toClient).pipe(client);
  for (const socket of [client, upstream]) {
    socket.setNoDelay(true);
    socket.on('error', () => undefined); // 'close' follows
    socket.on('close', () => {
      onEnd();
      client.destroy();
      upstream.destroy();
    });
  }
  return { client, upstream, valves };
}

const listen = (server: Server, port: number): Promise<void> =>
  new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });

/** A TCP proxy on 127.0.0.1 that can hold bytes back, delay or lose them, and cut connections. */
export async function tcpProxy(options: {
  readonly target: { readonly host: string; readonly port: number };
  readonly port?: number;
}): Promise<TcpProxy> {
  const rules: Rules = { held: new Set(), watchers: [], delayMs: 0, swallow: false, trap: null };
  const links = new Set<Link>();
  const server = createServer((client) => {
    const upstream = connect(options.target);
    const made = link(client, upstream, rules, () => links.delete(made));
    links.add(made);
  });
  const port = options.port ?? (await freePort());
  await listen(server, port);
  const chosen = (direction?: Direction): readonly Direction[] => (direction ? [direction] : DIRECTIONS);

  const proxy: TcpProxy = {
    port,
    get connections() {
      return links.size;
    },
    heldBytes: (direction) => [...links].reduce((sum, { valves }) => sum + valves[direction].held, 0),
    hold: (direction) => chosen(direction).forEach((one) => rules.held.add(one)),
    trap: (trap) => void (rules.trap = trap),
    watch: (listener) => void rules.watchers.push(listener),
    release(direction) {
      for (const one of chosen(direction)) {
        rules.held.delete(one);
        for (const { valves } of links) valves[one].release();
      }
    },
    delay: (delayMs) => void (rules.delayMs = delayMs),
    blackHole: () => void (rules.swallow = true),
    restore: () => void (rules.swallow = false),
    reset() {
      for (const { client, upstream } of links) {
        client.resetAndDestroy();
        upstream.resetAndDestroy();
      }
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        proxy.reset();
      }),
  };
  atEnd(`proxy on port ${port}`, () => proxy.close());
  return proxy;
}
