import type { ApiDeadLetter } from '../api-types.js';
import { api, type Api } from '../api.js';
import { awaitUntil } from '../await-until.js';
import { testBroker } from '../broker.js';
import { startCerebro, type StartedCerebro } from '../cerebro.js';
import { testDatabase } from '../database.js';
import { dumpTopic, type DumpedRecord } from '../dump-topic.js';
import { outside, type Outside, type Written } from './outside.js';

export interface InstallationOptions {
  readonly coordinators: number;
  readonly env?: Readonly<Record<string, string>>;
  /** Before the first coordinator starts. */
  readonly before?: (brokers: readonly string[], prefix: string) => Promise<unknown>;
}

export interface Installation {
  readonly brokers: readonly string[];
  readonly prefix: string;
  readonly databaseUrl: string;
  readonly cerebros: readonly StartedCerebro[];
  /** Of the coordinators in turn, so that each answers some of the calls. */
  readonly api: Api;
  readonly bus: Outside;
  dump(topic: string): Promise<DumpedRecord[]>;
  /** Waits for the dead letter of a record, among the newest ones. */
  untilDeadLetter(record: Written): Promise<ApiDeadLetter>;
}

/** Each call goes to the next one. */
function inTurn(apis: readonly Api[]): Api {
  let calls = 0;
  return new Proxy(apis[0] as Api, {
    get: (_, name) => Reflect.get(apis[(calls += 1) % apis.length] as Api, name) as unknown,
  });
}

/** Coordinators as processes of their own, on the run's Kafka and PostgreSQL, with a prefix and a database of their own. */
export async function installation(options: InstallationOptions): Promise<Installation> {
  const { coordinators, env, before } = options;
  const [{ brokers, prefix }, database] = await Promise.all([testBroker(), testDatabase()]);
  await before?.(brokers, prefix);
  const start = (): Promise<StartedCerebro> =>
    startCerebro({ brokers, prefix, databaseUrl: database.url, env, readyMs: 60_000 });
  const cerebros = await Promise.all(Array.from({ length: coordinators }, start));
  const calls = inTurn(cerebros.map(({ url }) => api(url)));
  return {
    brokers,
    prefix,
    databaseUrl: database.url,
    cerebros,
    api: calls,
    bus: await outside(brokers, prefix),
    dump: (topic) => dumpTopic(brokers, `${prefix}.${topic}`),
    untilDeadLetter: ({ topic, partition, offset }) =>
      awaitUntil(
        `${topic}/${partition}/${offset} is a dead letter`,
        async () => {
          const { body } = await calls.request('GET', '/api/v1/dead-letters?limit=50');
          const { items } = body as { items: ApiDeadLetter[] };
          return items.find(
            (one) => one.topic === topic && one.partition === partition && one.offset === offset.toString(),
          );
        },
        { timeoutMs: 20_000 },
      ),
  };
}
