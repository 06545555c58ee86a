import { BusError } from '../errors.js';
import { clientSettings } from '../kafkajs/client.js';
import { toBusError } from '../kafkajs/error-mapping.js';
import { internals } from '../kafkajs/internals.js';
import type { RawBroker } from '../kafkajs/internals.js';
import type { Sockets } from '../kafkajs/sockets.js';
import type { BusConfig } from '../port.js';

export interface NodeAddress {
  readonly nodeId: number;
  readonly host: string;
  readonly port: number;
}

/** `any`: whichever configured broker answers. */
export type NodeId = number | 'any';

interface Link {
  readonly broker: RawBroker;
  readonly sockets: Sockets;
  connecting: Promise<void> | undefined;
}

/**
 * Connections to the brokers, made when needed and dropped after a failure. A failure before the request left has the
 * outcome `refused`, one after it `unknown`: nothing here retries.
 */
export class Links {
  private readonly links = new Map<NodeId, Link>();
  private addresses = new Map<number, NodeAddress>();
  private nextSeed = 0;
  private closed = false;

  constructor(private readonly config: BusConfig) {}

  /** What metadata said about where the nodes are. */
  know(nodes: readonly NodeAddress[]): void {
    this.addresses = new Map(nodes.map((node) => [node.nodeId, node]));
  }

  async request<T>(node: NodeId, send: (broker: RawBroker) => Promise<T>): Promise<T> {
    const link = node === 'any' ? await this.anyConnected() : await this.connected(node);
    try {
      return await send(link.broker);
    } catch (error) {
      const failure = toBusError(error);
      if (failure.code === 'connection_failed' || failure.code === 'timed_out') this.drop(node, link);
      throw failure;
    }
  }

  /** Cuts all connections; what is in flight fails. */
  close(): void {
    this.closed = true;
    for (const [node, link] of this.links) this.drop(node, link);
  }

  /** The configured brokers in turn, each once. */
  private async anyConnected(): Promise<Link> {
    for (let left = this.config.brokers.length; ; left -= 1) {
      try {
        return await this.connected('any');
      } catch (error) {
        if (left <= 1 || this.closed) throw error;
      }
    }
  }

  private async connected(node: NodeId): Promise<Link> {
    if (this.closed)
      throw new BusError('closed', 'the bus is closed', { retriable: false, outcome: 'refused' });
    const link = this.links.get(node) ?? this.create(node);
    // Connected, but its versions are not known before `connect` is done.
    if (link.connecting === undefined && link.broker.isConnected()) return link;
    link.connecting ??= link.broker.connect().finally(() => {
      link.connecting = undefined;
    });
    try {
      await link.connecting;
      return link;
    } catch (error) {
      this.drop(node, link);
      throw toBusError(error, 'refused');
    }
  }

  private create(node: NodeId): Link {
    const { host, port } = node === 'any' ? this.seed() : this.addressOf(node);
    const { settings, sockets } = clientSettings(this.config);
    const logger = internals.createLogger({ level: settings.logLevel, logCreator: settings.logCreator });
    const broker = new internals.Broker({
      connectionPool: new internals.ConnectionPool({ ...settings, logger, host, port, rack: null }),
      logger,
      nodeId: node === 'any' ? null : node,
      authenticationTimeout: settings.authenticationTimeout,
      allowAutoTopicCreation: false,
    });
    const link: Link = { broker, sockets, connecting: undefined };
    this.links.set(node, link);
    return link;
  }

  private seed(): { host: string; port: number } {
    const { brokers } = this.config;
    const address = brokers[this.nextSeed++ % brokers.length] ?? '';
    const colon = address.lastIndexOf(':');
    return { host: address.slice(0, colon).replace(/^\[|\]$/g, ''), port: Number(address.slice(colon + 1)) };
  }

  private addressOf(nodeId: number): NodeAddress {
    const address = this.addresses.get(nodeId);
    if (address !== undefined) return address;
    throw new BusError('not_leader', `broker ${nodeId} is not known`, {
      retriable: true,
      outcome: 'refused',
    });
  }

  private drop(node: NodeId, link: Link): void {
    if (this.links.get(node) === link) this.links.delete(node);
    link.sockets.destroy();
    // Ends kafkajs' timers of the connection; the sockets are gone already.
    link.broker.disconnect().catch(() => undefined);
  }
}
