import net from 'node:net';
import tls from 'node:tls';

interface SocketRequest {
  readonly host: string;
  readonly port: number;
  readonly ssl?: tls.ConnectionOptions | true;
  onConnect(): void;
}

export interface SocketOptions {
  readonly noDelay: boolean;
  readonly connectionTimeoutMs: number;
}

const KEEP_ALIVE_MS = 10_000;

/**
 * The sockets of one client. kafkajs leaves Nagle's algorithm on, which holds back small requests, probes a silent
 * peer only after a minute, and cannot drop a connection that never answers.
 */
export class Sockets {
  private readonly open = new Set<net.Socket>();
  private closed = false;

  constructor(private readonly options: SocketOptions) {}

  /** The function that kafkajs takes as `socketFactory`. */
  readonly factory = ({ host, port, ssl, onConnect }: SocketRequest): net.Socket => {
    if (this.closed) throw new Error('the client was abandoned');
    const event = ssl ? 'secureConnect' : 'connect';
    const servername = net.isIP(host) ? {} : { servername: host };
    const socket = ssl
      ? tls.connect({ host, port, ...servername, ...(ssl === true ? {} : ssl) })
      : net.connect({ host, port });
    socket.setNoDelay(this.options.noDelay);
    socket.setKeepAlive(true, KEEP_ALIVE_MS);
    const limit = setTimeout(() => {
      socket.destroy(new Error(`no connection in ${this.options.connectionTimeoutMs} ms`));
    }, this.options.connectionTimeoutMs);
    this.open.add(socket);
    socket.once(event, () => {
      clearTimeout(limit);
      onConnect();
    });
    socket.once('close', () => {
      clearTimeout(limit);
      this.open.delete(socket);
    });
    return socket;
  };

  get size(): number {
    return this.open.size;
  }

  /** Cuts every connection, so that requests in flight fail at once, and allows no new one. */
  destroy(): void {
    this.closed = true;
    for (const socket of this.open) socket.destroy(new Error('connection abandoned'));
  }
}
