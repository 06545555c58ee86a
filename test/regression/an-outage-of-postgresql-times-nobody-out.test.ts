import { beforeAll } from '@jest/globals';
import { privatePostgres, testBroker } from '@cordyna/testkit';
import { startScene } from './outages/scene.js';
import { expectNobodyTimedOut, throughOutage, type Verdict } from './outages/verdict.js';

type Verdicts = Promise<Map<number, Verdict>>;
let stopped: Verdicts;
let killed: Verdicts;

beforeAll(async () => {
  const { postgres, createDatabase } = await privatePostgres();
  const scenes = await Promise.all(
    [1, 2].map(async (coordinators) =>
      startScene({ coordinators, ...(await testBroker()), databaseUrl: (await createDatabase()).url }),
    ),
  );
  stopped = throughOutage(scenes, { begin: () => postgres.pause(), end: () => postgres.resume() });
  await stopped.catch(() => undefined);
  killed = throughOutage(scenes, { begin: () => postgres.kill(), end: () => postgres.start() });
  await killed.catch(() => undefined);
}, 280_000);

const of = async (verdicts: Verdicts, coordinators: number): Promise<Verdict> =>
  (await verdicts).get(coordinators) as Verdict;

expectNobodyTimedOut('PostgreSQL stopped for 3 × ackMs', (coordinators) => of(stopped, coordinators));
expectNobodyTimedOut('PostgreSQL killed, and started again after 3 × ackMs', (coordinators) =>
  of(killed, coordinators),
);
