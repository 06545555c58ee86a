import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { BusAdmin } from '@cordyna/bus';
import { awaitUntil, testDatabase } from '@cordyna/testkit';
import pg from 'pg';
import {
  Backlog,
  DatabaseClock,
  RunCommands,
  type Inbound,
  type ProgressBuffer,
} from '../../apps/cerebro/src/coordination/index.js';
import { InboundHandler } from '../../apps/cerebro/src/messaging/index.js';
import { Lookout, ScheduleTimer, Sweeper } from '../../apps/cerebro/src/timers/index.js';
import { openDoor, type OpenDoor } from '../../apps/cerebro/test/support/open-door.js';
import { nowOf } from '../../apps/cerebro/test/persistence/support/now.js';

const LIMIT = 100;
const AT_ONCE = 10;
/** What is asked for between two counts is not seen by either. */
const MAX_ASKED = 20_000;

let door: OpenDoor;
let sql: pg.Client;
let commands: RunCommands;
let handler: InboundHandler;
let timers: { start(): void; stop(): Promise<void> }[];

beforeAll(async () => {
  const { url } = await testDatabase();
  door = await openDoor(url, 'refused');
  sql = new pg.Client({ connectionString: url, query_timeout: 30_000 });
  await sql.connect();
  await door.declare({ server: 'd', tasks: [{ name: 'work' }, { name: 'often', everyMs: 100 }] });
  const { store, timers: queries } = door.persistence;
  const clock = new DatabaseClock();
  const asked = clock.mark();
  clock.sample(await nowOf(queries), asked);
  const backlog = new Backlog(LIMIT);
  commands = new RunCommands(door.door, store, clock, undefined, backlog);
  const progress = { screen: (all: unknown) => all, add: () => undefined } as unknown as ProgressBuffer;
  const newWork = { topics: new Set(['t.invocations']), backlog };
  handler = new InboundHandler(door.door, progress, queries, {} as BusAdmin, newWork);
  const lookout = new Lookout(queries, clock, { topics: [], unsentForMs: 0, silentForMs: 60_000 });
  const sweeper = new Sweeper(queries, door.bus, door.door, 0);
  const due = new ScheduleTimer(queries, door.door, clock, door.due, undefined, backlog);
  lookout.tell({ seen: ({ unpublished }) => backlog.learn(unpublished) });
  lookout.tell(sweeper);
  timers = [sweeper, due, lookout];
  timers.forEach((timer) => timer.start());
});
afterAll(async () => {
  await Promise.all(timers.map((timer) => timer.stop()));
  await sql.end();
  await door.close();
});

const count = async (what: string): Promise<number> =>
  (await sql.query<{ count: number }>(`SELECT count(*)::int AS count FROM ${what}`)).rows[0]?.count ?? 0;
const request = (): Promise<string> =>
  commands.requestRun({ task: 'd.work' }, '/http').then(
    ({ run }) => run,
    (error: { code: string }) => error.code,
  );

/** One record that asks for a run, as the first of its partition. */
const invocation = () => {
  const where = { topic: 't.invocations', partition: 0, offset: 0n, key: null, value: null };
  const inbound: Inbound = {
    kind: 'run-requested',
    ...{ source: '/test', at: Date.now(), request: { task: 'd.work' } },
    ...{ trigger: { kind: 'request' }, fallbackKey: 'key', newRun: randomUUID(), where },
  };
  const record = { ...where, headers: {}, timestampMs: 0 };
  const decoded = { ok: true, inbound } as const;
  const about = { topicKind: 'invocations', heartbeat: async () => undefined, isStale: () => false } as const;
  return {
    ...about,
    topic: where.topic,
    partition: 0,
    fetchedOffset: 0n,
    nextOffset: 1n,
    records: [{ record, decoded }],
  };
};

test('while Kafka refuses at once nothing new is begun beyond the limit, and what was due meanwhile is settled', async () => {
  door.bus.lost = true;
  const worker = async (): Promise<void> => {
    for (let asked = 0; asked < MAX_ASKED / AT_ONCE; asked++) if ((await request()) === 'unavailable') return;
    throw new Error('the outbox grows without end');
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));

  const runs = await count(`runs WHERE task = 'd.work'`);
  let done = false;
  const handled = handler.handle(invocation(), () => undefined).then(() => (done = true));
  const overdue = `schedules WHERE next_due_at < now() - interval '500 ms'`;
  await awaitUntil('a schedule is due and waits', async () => (await count(overdue)) === 1);
  const inOutbox = await count('outbox');
  expect(await request()).toBe('unavailable');
  expect(await count(`runs WHERE task = 'd.work'`)).toBe(runs);
  expect(await count('outbox')).toBe(inOutbox);
  expect(done).toBe(false);

  door.bus.lost = false;
  await handled;
  await awaitUntil('there is room', async () => (await request()) !== 'unavailable');
  await awaitUntil('all is sent', async () => (await count('outbox')) === 0);
  const invoked = door.bus.sent.filter(({ invocation: id }) => id !== null).map(({ run }) => run);
  expect(new Set(invoked).size).toBe(invoked.length);
  // Each due time once, and none left out.
  await awaitUntil('due times are settled', async () => (await count('schedule_firings')) > 20);
  const { rows } = await sql.query<{ gaps: number }>(
    `SELECT count(*)::int AS gaps FROM (
       SELECT scheduled_for - lag(scheduled_for) OVER (ORDER BY scheduled_for) AS step FROM schedule_firings) f
     WHERE step <> interval '100 ms'`,
  );
  expect(rows).toEqual([{ gaps: 0 }]);
}, 60_000);
