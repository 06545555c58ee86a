import { join } from 'node:path';
import { freePort, startKafka, type LocalKafka } from '@cordyna/local-stack';
import { atEndOfFile, privatePostgres, tcpProxy, temporaryDirectory } from '@cordyna/testkit';
import type { PrivatePostgres, TcpProxy } from '@cordyna/testkit';

/** A Kafka and a PostgreSQL that may be killed, with ways to them that may be cut one by one. */
export interface Machines {
  readonly kafka: LocalKafka;
  readonly brokers: readonly string[];
  /** For one coordinator, and for one task server. */
  readonly kafkaProxies: readonly TcpProxy[];
  readonly postgres: PrivatePostgres;
}

const PROXIES = 2;

export async function startMachines(): Promise<Machines> {
  const [dir, postgres] = await Promise.all([temporaryDirectory('chaos-kafka'), privatePostgres()]);
  const ports = await Promise.all(Array.from({ length: PROXIES }, () => freePort()));
  const kafkaProxies = await Promise.all(
    ports.map((port) => tcpProxy({ target: { host: '127.0.0.1', port } })),
  );
  const kafka = await startKafka({
    dir: join(dir, 'kafka'),
    port: await freePort(),
    proxied: ports.map((port, at) => ({ port, advertisedPort: kafkaProxies[at]?.port ?? 0 })),
  });
  atEndOfFile('Kafka of the chaos', () => kafka.kill());
  return { kafka, brokers: kafka.brokers, kafkaProxies, postgres };
}

export const brokersBehind = (proxy: TcpProxy | undefined): readonly string[] => [
  `127.0.0.1:${proxy?.port ?? 0}`,
];
