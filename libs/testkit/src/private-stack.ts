import { join } from 'node:path';
import { freePort, startKafka, type LocalKafka, type LocalPostgres } from '@cordyna/local-stack';
import { uniquePrefix } from './broker.js';
import { atEnd } from './closers.js';
import { createDatabase, type TestDatabase } from './database.js';
import { temporaryDirectory } from './paths.js';
import { tcpProxy, type TcpProxy } from './tcp-proxy.js';
import { startTestPostgres } from './test-stack.js';

export interface PrivateKafka {
  /** stop(), start(), restart(), kill(), pause(), resume(): same port, same data. */
  readonly kafka: LocalKafka;
  readonly brokers: readonly string[];
  readonly prefix: string;
  /** Clients that use these speak to Kafka through `proxy` only. */
  readonly proxiedBrokers: readonly string[];
  readonly proxy: TcpProxy;
}

/** A Kafka of this file alone, to be stopped and killed; with a second way to it through a proxy. */
export async function privateKafka(settings: Readonly<Record<string, string>> = {}): Promise<PrivateKafka> {
  const dir = await temporaryDirectory('private-kafka');
  const behind = await freePort();
  const proxy = await tcpProxy({ target: { host: '127.0.0.1', port: behind } });
  const kafka = await startKafka({
    dir: join(dir, 'kafka'),
    port: await freePort(),
    proxied: [{ port: behind, advertisedPort: proxy.port }],
    settings,
  });
  atEnd('private Kafka', () => kafka.kill());
  return {
    kafka,
    brokers: kafka.brokers,
    prefix: uniquePrefix(),
    proxiedBrokers: [`127.0.0.1:${proxy.port}`],
    proxy,
  };
}

export interface PrivatePostgres {
  readonly postgres: LocalPostgres;
  readonly url: string;
  /** The same database through `proxy`. */
  readonly proxiedUrl: string;
  readonly proxy: TcpProxy;
  /** Another empty database on this server. */
  createDatabase(): Promise<TestDatabase>;
}

/** A PostgreSQL of this file alone, to be stopped and killed; with a second way to it through a proxy. */
export async function privatePostgres(dir?: string): Promise<PrivatePostgres> {
  const postgres = await startTestPostgres(dir ?? (await temporaryDirectory('private-postgres')));
  atEnd('private PostgreSQL', () => postgres.kill());
  const direct = new URL(postgres.url);
  const proxy = await tcpProxy({ target: { host: direct.hostname, port: Number(direct.port) } });
  const proxied = new URL(postgres.url);
  proxied.port = String(proxy.port);
  return {
    postgres,
    url: postgres.url,
    proxiedUrl: proxied.href,
    proxy,
    createDatabase: () => createDatabase(postgres.url),
  };
}
