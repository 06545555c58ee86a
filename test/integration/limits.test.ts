import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { awaitUntil, testDatabase } from '@cordyna/testkit';
import { randomUUID } from 'node:crypto';
import { CapacityTimer, Lookout } from '../../apps/cerebro/src/timers/index.js';
import { openDoor, type OpenDoor } from '../../apps/cerebro/test/support/open-door.js';

const RUNS = 60;
const MAX = 4;
const REGIONS = ['eu', 'us', 'asia'];
const shop = {
  server: 'shop',
  tasks: [
    {
      name: 'orders',
      limits: [{ max: MAX }, { max: 2, key: 'region' }],
      retry: { maxAttempts: 2, backoffMs: 1 },
    },
  ],
};

interface Invoked {
  readonly message: OpenDoor['bus']['sent'][number];
  readonly run: string;
  readonly region: string;
}

describe('limits of a task, with two coordinators on one database', () => {
  const doors: OpenDoor[] = [];
  const timers: (CapacityTimer | Lookout)[] = [];

  beforeAll(async () => {
    const { url } = await testDatabase();
    for (const name of ['one', 'two']) {
      const door = await openDoor(url, name);
      const { capacity, bus, clock, persistence } = door;
      const lookout = new Lookout(persistence.timers, clock, { topics: [], unsentForMs: 0, silentForMs: 0 });
      const source = `/cerebro/${name}`;
      const timer = new CapacityTimer(persistence.timers, door.door, capacity, bus, source, lookout);
      lookout.tell(timer);
      timers.push(timer, lookout);
      doors.push(door);
    }
    await doors[0]?.declare(shop);
    for (const timer of timers) timer.start();
  });
  afterAll(async () => {
    for (const timer of timers) await timer.stop();
    for (const door of doors) await door.close();
  });

  async function request(at: number): Promise<string> {
    const outcome = await doors[at % 2]?.submit({
      ...{ kind: 'run-requested', source: '/test', at: Date.now(), trigger: { kind: 'request' } },
      request: { task: 'shop.orders', args: { region: REGIONS[at % REGIONS.length] ?? '' } },
      ...{ fallbackKey: null, newRun: randomUUID(), where: null },
    });
    if (outcome?.kind !== 'run') throw new Error(JSON.stringify(outcome));
    return outcome.run;
  }

  /** What was invoked since it was asked last, on either coordinator. */
  const taken = (): readonly Invoked[] =>
    doors.flatMap(({ bus }) =>
      bus.sent.splice(0).flatMap((message) => {
        if (message.invocation === null || message.ackMs === null) return [];
        const { data } = JSON.parse(message.value?.toString() ?? '{}') as {
          data: { run: string; args: { region: string } };
        };
        return [{ message, run: data.run, region: data.args.region }];
      }),
    );

  test('are never exceeded, whoever decides, and every run gets its turn, the oldest first', async () => {
    const asked = await Promise.all(Array.from({ length: RUNS }, (_, at) => request(at)));
    const going: Invoked[] = [];
    const order: string[] = [];
    const most = { all: 0, region: 0 };
    let failures = 0;
    await awaitUntil(
      'all runs are finished',
      async () => {
        going.push(...taken());
        const counts = REGIONS.map((region) => going.filter((one) => one.region === region).length);
        most.all = Math.max(most.all, going.length);
        most.region = Math.max(most.region, ...counts);
        const next = going.shift();
        if (next) {
          // Any coordinator may hear of it; some attempts fail, and give their places back until the next one.
          const by = doors[order.length % 2] as OpenDoor;
          const isFailing = order.length % 10 === 3 && !order.includes(next.run);
          if (isFailing) failures += 1;
          const error = { code: 'broken', message: 'it broke' };
          await by.report(
            next.message,
            isFailing ? { report: 'error', error } : { report: 'completed', output: {} },
          );
          order.push(next.run);
          const input = { kind: 'retry-due' } as const;
          if (isFailing) await by.submit({ kind: 'run-input', run: next.run, source: '/test', input });
        }
        const pages = await doors[0]?.persistence.queries.runs({ state: 'running', limit: 500 });
        return pages?.items.length === 0;
      },
      { timeoutMs: 60_000, everyMs: 5 },
    );
    expect(most).toEqual({ all: MAX, region: 2 });
    expect(failures).toBeGreaterThan(2);
    expect(new Set(order)).toEqual(new Set(asked));
    // Coordinators learn of each other's waiting runs twice a second: nobody waits much longer than his turn.
    const firsts = [...new Set(order)];
    const pages = await doors[0]?.persistence.queries.runs({ limit: 500 });
    const age = new Map(pages?.items.map(({ run, createdAt }) => [run, `${createdAt} ${run}`]));
    const late = REGIONS.flatMap((_, region) => {
      const line = asked.filter((_run, at) => at % REGIONS.length === region);
      line.sort((a, b) => ((age.get(a) ?? '') < (age.get(b) ?? '') ? -1 : 1));
      const turns = firsts.filter((run) => line.includes(run));
      return turns.map((run, at) => at - line.indexOf(run));
    });
    expect(Math.max(...late)).toBeLessThan(RUNS / REGIONS.length / 2);
  }, 90_000);

  test('are told by those who wait, and hold nothing once all is done', async () => {
    const runs = await Promise.all(Array.from({ length: 3 }, () => request(0)));
    const tasks = async () =>
      (await Promise.all(runs.map((run) => doors[1]?.persistence.queries.run(run)))).flatMap(
        (run) => run?.tasks ?? [],
      );
    // The runs of the test before may still be remembered as those whose turn comes first, for half a second.
    const told = 'waiting for a place of shop.orders (region="eu")';
    await awaitUntil(`one of them is ${told}`, async () => {
      const waiting = (await tasks()).filter(({ state }) => state === 'pending');
      return waiting.length === 1 && waiting[0]?.reason === told;
    });
    for (const run of runs)
      await doors[1]?.submit({
        kind: 'run-input',
        run,
        source: '/test',
        input: { kind: 'cancel', reason: 'over' },
      });
    const { freshness } = (await doors[1]?.persistence.store.load({
      ...{ runs: [], freshness: ['shop.orders'], keys: [], schedules: [], positions: [], registry: false },
    })) ?? { freshness: new Map() };
    expect(freshness.get('shop.orders')?.value.holders).toBeUndefined();
  });
});
