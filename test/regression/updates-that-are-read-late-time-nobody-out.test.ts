import { beforeAll, describe } from '@jest/globals';
import type { Producer, Transaction } from 'kafkajs';
import { kafkaClient, PARTITIONS, testBroker, testDatabase } from '@cordyna/testkit';
import { startScene, type Scene } from './outages/scene.js';
import {
  expectNobodyTimedOut,
  expectUndisturbed,
  throughOutage,
  type Outage,
  type Verdict,
} from './outages/verdict.js';

type Verdicts = Promise<Map<number, Verdict>>;
let stopped: Verdicts;
let halfStopped: Verdicts;
let transactions: Verdicts;

/** The last coordinator, which the test asks, goes on if `left` says so. */
const stopping = (scenes: readonly Scene[], left: 'none' | 'the last'): Outage => {
  const processes = scenes.flatMap(({ watched: { cerebros } }) =>
    cerebros.slice(0, left === 'none' ? undefined : -1).map(({ process }) => process),
  );
  return {
    begin: () => processes.forEach((process) => process.pause()),
    end: () => processes.forEach((process) => process.resume()),
  };
};

/** Somebody else's events, one on each partition. */
const write = (transaction: Transaction, topic: string) =>
  transaction.send({
    topic,
    messages: Array.from({ length: PARTITIONS }, (_, partition) => ({
      partition,
      key: 'somebody-else',
      value: JSON.stringify({ specversion: '1.0', id: String(partition), source: '/else', type: 'else.v1' }),
    })),
  });

/**
 * A transactional producer commits, aborts, and then leaves a transaction open on every partition: nothing that is
 * appended meanwhile can be read, and when it is over each partition ends in a control record.
 */
async function transactional({ watched: { brokers, prefix } }: Scene): Promise<Outage> {
  const topic = `${prefix}.events`;
  const producer: Producer = kafkaClient(brokers).producer({
    transactionalId: topic,
    maxInFlightRequests: 1,
    allowAutoTopicCreation: false,
  });
  await producer.connect();
  let open: Transaction;
  return {
    async begin() {
      const committed = await producer.transaction();
      await write(committed, topic);
      await committed.commit();
      const aborted = await producer.transaction();
      await write(aborted, topic);
      await aborted.abort();
      open = await producer.transaction();
      await write(open, topic);
    },
    async end() {
      await open.commit();
      await producer.disconnect();
    },
  };
}

const all = (outages: readonly Outage[]): Outage => ({
  begin: async () => void (await Promise.all(outages.map((outage) => outage.begin()))),
  end: async () => void (await Promise.all(outages.map((outage) => outage.end()))),
});

const newScene = async (coordinators: number): Promise<Scene> =>
  startScene({ coordinators, ...(await testBroker()), databaseUrl: (await testDatabase()).url });

beforeAll(async () => {
  const [one, two, other] = await Promise.all([newScene(1), newScene(2), newScene(2)]);
  stopped = throughOutage([one, two], stopping([one, two], 'none'));
  halfStopped = throughOutage([other], stopping([other], 'the last'));
  await Promise.allSettled([stopped, halfStopped]);
  transactions = throughOutage([one, two], all(await Promise.all([one, two].map(transactional))));
  await transactions.catch(() => undefined);
}, 280_000);

const of = async (verdicts: Verdicts, coordinators: number): Promise<Verdict> =>
  (await verdicts).get(coordinators) as Verdict;

expectNobodyTimedOut('every coordinator stopped for 3 × ackMs', (coordinators) => of(stopped, coordinators));
describe('one coordinator of two stopped for 3 × ackMs', () => {
  expectUndisturbed(() => of(halfStopped, 2));
});
expectNobodyTimedOut('transactions on the events, one of them open for 3 × ackMs', (coordinators) =>
  of(transactions, coordinators),
);
