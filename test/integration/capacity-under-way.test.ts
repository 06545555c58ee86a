import { afterEach, expect, test } from '@jest/globals';
import { awaitUntil, testDatabase } from '@cordyna/testkit';
import type { LookQuestion, OutboxMessage, Store } from '../../apps/cerebro/src/coordination/index.js';
import { CapacityTimer, Lookout } from '../../apps/cerebro/src/timers/index.js';
import { openDoor, type OpenDoor } from '../../apps/cerebro/test/support/open-door.js';

const ROOM = 3;
const SERVER = 'narrow';
const TASK = 'narrow.work';

/** What passes here waits while the gate is closed. */
class Gate {
  waiting = 0;
  private open: Promise<void> = Promise.resolve();
  private release: () => void = () => undefined;

  close(): () => void {
    this.open = new Promise((resolve) => {
      this.release = resolve;
    });
    return this.release;
  }

  async pass(): Promise<void> {
    this.waiting += 1;
    await this.open;
    this.waiting -= 1;
  }
}

const opened: OpenDoor[] = [];
afterEach(async () => {
  for (const door of opened.splice(0)) await door.close();
});

/** A coordinator, and a server that takes three. At gates are looks, and commits that change its load, before and behind. */
async function narrow() {
  const [before, behind, asking] = [new Gate(), new Gate(), new Gate()];
  const gated = (store: Store): Store =>
    Object.assign(Object.create(store) as Store, {
      commit: async (...args: Parameters<Store['commit']>) => {
        const isGated = args[0].load.length > 0;
        if (isGated) await before.pass();
        const saved = await store.commit(...args);
        if (isGated) await behind.pass();
        return saved;
      },
    });
  const door = await openDoor((await testDatabase()).url, 'one', gated);
  opened.push(door);
  const queries = door.persistence.timers;
  const look = async (question: LookQuestion) => {
    await asking.pass();
    return queries.look(question);
  };
  const lookout = new Lookout({ look }, door.clock, { topics: [], unsentForMs: 60_000, silentForMs: 60_000 });
  lookout.tell(new CapacityTimer(queries, door.door, door.capacity, door.bus, '/cerebro/one', lookout));
  await door.declare({ server: SERVER, tasks: [{ name: 'work' }] });
  const beat = { instance: 'only', state: 'online', capacity: ROOM, queueLimit: 0 } as const;
  await door.submit({
    ...({ kind: 'heartbeat', at: Date.now(), heartbeat: { server: SERVER, ...beat } } as const),
    where: { topic: 't.servers', partition: 0, offset: 0n, key: null, value: null },
  });
  await lookout.look();
  expect(door.capacity.free(SERVER)).toBe(ROOM);
  const isAt = (gate: Gate) => awaitUntil('it is at the gate', () => gate.waiting > 0);
  return { door, look: () => lookout.look(), gates: { before, behind, asking }, isAt };
}

const invokeOf = (door: OpenDoor, run: string): Promise<OutboxMessage> =>
  awaitUntil(`${run} is invoked`, () => door.invokeOf(run, TASK));

test('a run whose commit is under way while a look is taken is not overtaken', async () => {
  const { door, look, gates, isAt } = await narrow();
  const first: string[] = [];
  for (let n = 0; n < ROOM; n++) first.push(await door.request(TASK));
  const goOn = gates.before.close();
  const older = door.request(TASK);
  await isAt(gates.before);
  await look();
  goOn();
  await older;
  // The place that it waits for becomes free in the batch in which a younger one comes.
  const [, younger] = await Promise.all([
    door.report(await invokeOf(door, first[0] ?? ''), { report: 'completed', output: {} }),
    door.request(TASK),
  ]);
  await door.request(TASK);
  await invokeOf(door, await older);
  expect(door.invokeOf(younger, TASK)).toBeUndefined();
});

test('what is committed behind a look counts, and what it has seen does not count twice', async () => {
  const { door, look, gates, isAt } = await narrow();
  const goOn = gates.before.close();
  const later = door.request(TASK);
  await isAt(gates.before);
  await look();
  goOn();
  await later;
  expect(door.capacity.free(SERVER)).toBe(ROOM - 1);

  const ask = gates.asking.close();
  const looked = look();
  await isAt(gates.asking);
  await door.request(TASK);
  ask();
  await looked;
  expect(door.capacity.free(SERVER)).toBe(ROOM - 2);
});

test('a place that is given back is free once, whenever its commit is answered', async () => {
  const { door, look, gates, isAt } = await narrow();
  const runs: string[] = [];
  for (let n = 0; n < ROOM; n++) runs.push(await door.request(TASK));
  const answer = gates.behind.close();
  const reported = door.report(await invokeOf(door, runs[0] ?? ''), { report: 'completed', output: {} });
  await isAt(gates.behind);
  await look();
  expect(door.capacity.free(SERVER)).toBe(1);
  answer();
  await reported;
  expect(door.capacity.free(SERVER)).toBe(1);
  await look();
  expect(door.capacity.free(SERVER)).toBe(1);
});
