import { join } from 'node:path';
import { freePort, startKafka, type LocalKafka } from '@cordyna/local-stack';
import { atEnd, privatePostgres, tcpProxy, temporaryDirectory } from '@cordyna/testkit';
import type { PrivatePostgres, TcpProxy } from '@cordyna/testkit';
import { smallDisk, type SmallDisk } from './small-disk.js';

/** A Kafka and a PostgreSQL that may be killed, with ways to them that may be cut one by one. */
export interface Machines {
  readonly kafka: LocalKafka;
  readonly brokers: readonly string[];
  /** For one coordinator, and for one task server. */
  readonly kafkaProxies: readonly TcpProxy[];
  readonly postgres: PrivatePostgres;
  readonly disks: Readonly<Partial<Record<Disk, SmallDisk>>>;
}
export type Disk = 'kafka' | 'postgres';

const PROXIES = 2;
/** Room for a session of some minutes. */
const DISK_MIB: Readonly<Record<Disk, number>> = { kafka: 1_024, postgres: 2_048 };

export interface MachineOptions {
  /** Whose data is on a disk of its own, that can be filled. */
  readonly small?: Disk | null;
  /** Settings of the broker. */
  readonly kafka?: Readonly<Record<string, string>>;
}

export async function startMachines({
  small = null,
  kafka: settings,
}: MachineOptions = {}): Promise<Machines> {
  const [dir, data] = await Promise.all([
    temporaryDirectory('chaos-kafka'),
    temporaryDirectory('chaos-postgres'),
  ]);
  const dirs = { kafka: dir, postgres: data };
  const disks = small === null ? {} : { [small]: await smallDisk(dirs[small], DISK_MIB[small]) };
  const [postgres, { kafka, kafkaProxies }] = await Promise.all([
    privatePostgres(data),
    startProxied(dir, settings),
  ]);
  return { kafka, brokers: kafka.brokers, kafkaProxies, postgres, disks };
}

async function startProxied(
  dir: string,
  settings: MachineOptions['kafka'],
): Promise<Pick<Machines, 'kafka' | 'kafkaProxies'>> {
  const ports = await Promise.all(Array.from({ length: PROXIES }, () => freePort()));
  const kafkaProxies = await Promise.all(
    ports.map((port) => tcpProxy({ target: { host: '127.0.0.1', port } })),
  );
  const kafka = await startKafka({
    dir: join(dir, 'kafka'),
    port: await freePort(),
    proxied: ports.map((port, at) => ({ port, advertisedPort: kafkaProxies[at]?.port ?? 0 })),
    settings,
  });
  atEnd('Kafka of the chaos', () => kafka.kill());
  return { kafka, kafkaProxies };
}

export const brokersBehind = (proxy: TcpProxy | undefined): readonly string[] => [
  `127.0.0.1:${proxy?.port ?? 0}`,
];
