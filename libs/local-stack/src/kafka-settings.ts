import { join } from 'node:path';

export interface Listener {
  readonly name: string;
  readonly port: number;
  /** What clients are told to connect to; differs from `port` when something stands in between. */
  readonly advertisedPort: number;
}

export interface KafkaSettings {
  readonly dir: string;
  readonly listeners: readonly Listener[];
  readonly controllerPort: number;
  readonly overrides: Readonly<Record<string, string>>;
}

const MEBIBYTE = 1024 * 1024;

/** The broker's server.properties: one node that is broker and controller, on 127.0.0.1 only. */
export function serverProperties({ dir, listeners, controllerPort, overrides }: KafkaSettings): string {
  const broker = listeners.map(({ name, port }) => `${name}://127.0.0.1:${port}`);
  const advertised = listeners.map(({ name, advertisedPort }) => `${name}://127.0.0.1:${advertisedPort}`);
  const settings: Record<string, string | number | boolean> = {
    'process.roles': 'broker,controller',
    'node.id': 1,
    'controller.quorum.bootstrap.servers': `127.0.0.1:${controllerPort}`,
    'controller.listener.names': 'CONTROLLER',
    listeners: [...broker, `CONTROLLER://127.0.0.1:${controllerPort}`].join(','),
    'advertised.listeners': [...advertised, `CONTROLLER://127.0.0.1:${controllerPort}`].join(','),
    'inter.broker.listener.name': listeners[0]?.name ?? 'PLAINTEXT',
    'listener.security.protocol.map': [...listeners.map(({ name }) => name), 'CONTROLLER']
      .map((name) => `${name}:PLAINTEXT`)
      .join(','),
    'log.dirs': join(dir, 'log'),
    'auto.create.topics.enable': false,
    'num.partitions': 12,
    'default.replication.factor': 1,
    'offsets.topic.replication.factor': 1,
    'offsets.topic.num.partitions': 4,
    'transaction.state.log.replication.factor': 1,
    'transaction.state.log.min.isr': 1,
    'transaction.state.log.num.partitions': 4,
    'share.coordinator.state.topic.replication.factor': 1,
    'share.coordinator.state.topic.min.isr': 1,
    'share.coordinator.state.topic.num.partitions': 1,
    'group.initial.rebalance.delay.ms': 0,
    // A task server's session is at most 6 s, and tests shorten it further.
    'group.min.session.timeout.ms': 1_000,
    'log.segment.bytes': 64 * MEBIBYTE,
    // Room for each partition's index is reserved up front: the default of 10 MiB is for big topics.
    'log.index.size.max.bytes': MEBIBYTE,
    'message.max.bytes': 2 * MEBIBYTE,
    'replica.fetch.max.bytes': 2 * MEBIBYTE,
    'log.cleaner.dedupe.buffer.size': 16 * MEBIBYTE,
    'num.network.threads': 2,
    'num.io.threads': 4,
    // A broker that was killed may register again only when its old session is over: 9 s by default.
    'broker.session.timeout.ms': 3_000,
    'broker.heartbeat.interval.ms': 500,
    'group.coordinator.threads': 1,
    'share.coordinator.threads': 1,
    'controlled.shutdown.enable': true,
    ...overrides,
  };
  return `${Object.entries(settings)
    .map(([key, value]) => `${key}=${value}`)
    .join('\n')}\n`;
}
