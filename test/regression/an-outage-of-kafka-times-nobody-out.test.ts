import { beforeAll } from '@jest/globals';
import { privateKafka, testDatabase, uniquePrefix } from '@cordyna/testkit';
import { startScene } from './outages/scene.js';
import { expectNobodyTimedOut, throughOutage, type Verdict } from './outages/verdict.js';

type Verdicts = Promise<Map<number, Verdict>>;
let stopped: Verdicts;
let killed: Verdicts;

beforeAll(async () => {
  const { kafka, brokers } = await privateKafka();
  const scenes = await Promise.all(
    [1, 2].map(async (coordinators) =>
      startScene({
        coordinators,
        brokers,
        prefix: uniquePrefix(),
        databaseUrl: (await testDatabase()).url,
      }),
    ),
  );
  stopped = throughOutage(scenes, { begin: () => kafka.pause(), end: () => kafka.resume() });
  await stopped.catch(() => undefined);
  killed = throughOutage(scenes, { begin: () => kafka.kill(), end: () => kafka.start() });
  await killed.catch(() => undefined);
}, 280_000);

const of = async (verdicts: Verdicts, coordinators: number): Promise<Verdict> =>
  (await verdicts).get(coordinators) as Verdict;

expectNobodyTimedOut('Kafka stopped for 3 × ackMs', (coordinators) => of(stopped, coordinators));
expectNobodyTimedOut('Kafka killed, and started again after 3 × ackMs', (coordinators) =>
  of(killed, coordinators),
);
