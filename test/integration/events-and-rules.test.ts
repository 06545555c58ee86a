import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { awaitUntil, testDatabase } from '@cordyna/testkit';
import type { EventSetBody, RuleBody } from '@cordyna/protocol/model';
import { DoorDefinitions, DoorEvents, type NewEvent } from '../../apps/cerebro/src/coordination/index.js';
import { dueEvents, ErrandTimer, Lookout } from '../../apps/cerebro/src/timers/index.js';
import { openDoor, type OpenDoor } from '../../apps/cerebro/test/support/open-door.js';

interface One extends OpenDoor {
  readonly events: DoorEvents;
  readonly definitions: DoorDefinitions;
  readonly timer: ErrandTimer;
}

let doors: readonly One[];
let first: One;
let told = 0;

async function open(url: string, instance: string): Promise<One> {
  const door = await openDoor(url, instance);
  const { clock, due } = door;
  const timer = new ErrandTimer(dueEvents(door.persistence.timers, door.door), clock, due);
  const lookout = new Lookout(door.persistence.timers, clock, { topics: [], unsentForMs: 0, silentForMs: 0 });
  lookout.tell(timer);
  for (const one of [timer, lookout]) one.start();
  return {
    ...door,
    timer,
    events: new DoorEvents(door.door, clock),
    definitions: new DoorDefinitions(door.door),
    close: async () => {
      await Promise.all([lookout.stop(), timer.stop()]);
      await door.close();
    },
  };
}

beforeAll(async () => {
  const { url } = await testDatabase();
  first = await open(url, 'one');
  doors = [first, await open(url, 'two'), await open(url, 'three')];
  await first.declare({ server: 'shop', tasks: [{ name: 'pay', retry: { maxAttempts: 1 } }] });
}, 60_000);
afterAll(() => Promise.all((doors ?? []).map((door) => door.close())));

const tell = (type: string, data: NewEvent['data'] = {}, more: Partial<NewEvent> = {}, at = told) =>
  (doors[at % doors.length] ?? first).events.tell({
    ...{ source: '/test', id: `event-${told++}`, type, subject: null, at: null, data, ...more },
  });
const define = (name: string, set: EventSetBody, rule?: Partial<RuleBody>) => {
  const changes = [
    { kind: 'event-set', name, action: 'put', body: set as never, path: '' } as const,
    ...(rule
      ? [{ kind: 'rule', name, action: 'put', body: { eventSet: name, ...rule } as never, path: '' } as const]
      : []),
  ];
  return first.definitions.change(changes, { author: null, reason: null });
};
const firingsOf = async (rule: string) =>
  (await first.persistence.events.ruleFirings(rule, { limit: 500 })).items;
const signal = async (id: string) => (await first.persistence.events.signal(id))!;
const untilOver = (rule: string, count: number) =>
  awaitUntil(`${count} firings of ${rule} are over`, async () => {
    const found = await firingsOf(rule);
    return found.length >= count && found.every(({ finishedAt }) => finishedAt !== null) ? found : undefined;
  });
/** Answers the invoke of the run, whichever coordinator sent it. */
async function answer(run: string, report: Parameters<OpenDoor['report']>[1]): Promise<void> {
  const invoke = await awaitUntil(`${run} is invoked`, async () =>
    doors.map((door) => door.invokeOf(run, 'shop.pay')).find(Boolean),
  );
  await first.report(invoke, { report: 'started' });
  await first.report(invoke, report);
}
const pay = { task: 'shop.pay' };

describe('events and rules, with three coordinators', () => {
  test('of events that are told everywhere at once each pair fires once, and each event is used once', async () => {
    const pairs = 40;
    await define(
      'pairs',
      { events: ['a', 'b'], correlate: '/order' },
      { activity: { cmd: '__auto_trigger__' }, firingsPerMinute: 10_000 },
    );
    const all = Array.from({ length: pairs }, (_, order) =>
      ['a', 'b', 'a'].map((type) => tell(type, { order })),
    ).flat();
    const taken = await Promise.all(all);
    const firings = await untilOver('pairs', pairs);
    expect(firings).toHaveLength(pairs);
    const used = firings.flatMap(({ events }) => events.map((one) => one.signal));
    expect(new Set(used).size).toBe(2 * pairs);
    const outcomes = await Promise.all(taken.map(async (one) => (await signal(one.signal)).outcome));
    expect(outcomes.filter((outcome) => outcome === 'triggered')).toHaveLength(2 * pairs);
    expect(outcomes.filter((outcome) => outcome === 'waiting')).toHaveLength(pairs);
  });

  test('the same event told twice at once happened once', async () => {
    await define('once', { events: ['twice'] }, { activity: { cmd: '__auto_trigger__' } });
    const same = { source: '/same', id: 'same' };
    const taken = await Promise.all([0, 1, 2].map((at) => tell('twice', {}, same, at)));
    expect(taken.filter(({ created }) => created)).toHaveLength(1);
    expect(await untilOver('once', 1)).toHaveLength(1);
    expect((await tell('nobody-waits')).outcome).toBe('no_rule');
  });

  test('an activity gets its events, is begun again as often as it may, and its success is the next event', async () => {
    await define('paid', { events: ['shop.paid'] });
    const activity = { ...pay, args: { day: 1 }, eventsAs: 'orders' };
    const filters = { order: { type: 'object', required: ['total'] } } as const;
    await define('orders', { events: ['order'], filters }, { activity, attempts: 2, triggering: 'paid' });
    await define('thanks', { events: ['shop.paid'] }, { activity: { cmd: '__auto_trigger__' } });
    const unfit = await tell('order', {});
    expect(unfit.outcome).toBe('filtered');
    expect((await signal(unfit.signal)).rules[0]?.reason).toContain('required');
    const order = await tell('order', { total: 9 });
    const runOf = async (attempt: number) =>
      (await awaitUntil(`attempt ${attempt}`, async () =>
        (await firingsOf('orders')).find((one) => one.attempt === attempt && one.run !== null),
      ))!.run!;
    const before = await runOf(1);
    const { args } = (await first.persistence.queries.taskArgs(before, 'shop.pay', null))!;
    expect(args).toMatchObject({ day: 1, orders: [{ type: 'order', source: '/test', data: { total: 9 } }] });
    await answer(before, { report: 'error', error: { code: 'no_money', message: 'no' } });
    const run = await runOf(2);
    await answer(run, { report: 'completed', output: {} });
    await untilOver('thanks', 1);
    expect(await signal(order.signal)).toMatchObject({
      outcome: 'triggered',
      rules: [{ rule: 'orders', outcome: 'triggered', state: 'done', run }],
    });
    expect((await first.persistence.queries.run(run))?.trigger).toMatchObject({
      kind: 'rule',
      rule: 'orders',
    });
    const [thanks] = await firingsOf('thanks');
    expect(await signal(thanks!.events[0]!.signal)).toMatchObject({
      source: '/cerebro/rules/orders',
      data: { run },
    });
  });

  test('what has waited for too long, or for a set that is changed, is expired', async () => {
    await define('short', { events: ['s1', 's2'], windowMs: 200 }, { activity: pay });
    const late = await tell('s1');
    expect(late.outcome).toBe('waiting');
    const isExpired = (id: string) =>
      awaitUntil('it is expired', async () => (await signal(id)).outcome === 'expired');
    await isExpired(late.signal);
    expect((await tell('s2')).outcome).toBe('waiting');
    await define('changing', { events: ['c1', 'c2'] }, { activity: pay });
    const left = await tell('c1');
    await define('changing', { events: ['c1', 'c3'] });
    await isExpired(left.signal);
    expect((await signal(left.signal)).rules[0]?.reason).toContain('was changed');
    expect((await tell('c3')).outcome).toBe('waiting');
  });

  test('a rule that sets itself off is stopped by its fuse, and fires again once that is reset', async () => {
    const activity = { cmd: '__auto_trigger__' };
    await define('loop', { events: ['again'] }, { activity, triggering: 'loop', firingsPerMinute: 5 });
    await tell('again');
    const fuse = () => first.persistence.events.fuse('loop');
    await awaitUntil('the fuse is blown', async () => (await fuse()).state === 'blown');
    expect(await untilOver('loop', 5)).toHaveLength(5);
    const stopped = await tell('again');
    expect(stopped.outcome).toBe('filtered');
    expect((await signal(stopped.signal)).rules[0]?.reason).toContain('fuse');
    await first.definitions.change(
      [{ kind: 'rule', name: 'loop', action: 'put', body: { eventSet: 'loop', activity }, path: '' }],
      { author: null, reason: null },
    );
    await first.events.resetFuse('loop', { author: 'ann', reason: 'mended' });
    expect(await fuse()).toMatchObject({ state: 'intact', reset: { author: 'ann', reason: 'mended' } });
    await expect(first.events.resetFuse('loop', { author: null, reason: null })).rejects.toThrow('not blown');
    expect((await tell('again')).outcome).toBe('triggered');
    expect(await untilOver('loop', 6)).toHaveLength(6);
  });

  test('without a runner a command ends in an error that says so', async () => {
    await define('command', { events: ['go'] }, { activity: { cmd: 'make', task_type: 'cmd' } });
    const go = await tell('go');
    await untilOver('command', 1);
    expect((await signal(go.signal)).rules).toMatchObject([{ state: 'error', error: { code: 'no_runner' } }]);
  });

  test.each([
    ['task', { task: 'shop.gone' }, 'unknown_task'],
    ['job', { job: 'gone' }, 'unknown_job'],
  ])('a %s that is gone ends the firing in an error that says so, once', async (what, activity, code) => {
    await define(`gone-${what}`, { events: [`gone-${what}`] }, { activity, attempts: 3 });
    const { signal: id } = await tell(`gone-${what}`);
    expect(await untilOver(`gone-${what}`, 1)).toMatchObject([{ attempt: 0, run: null }]);
    const error = { code, message: expect.stringContaining('gone') };
    expect(await signal(id)).toMatchObject({ outcome: 'triggered', rules: [{ state: 'error', error }] });
  });

  test('what is old is removed, but not what waits', async () => {
    await define('waits', { events: ['w1', 'w2'] }, { activity: pay });
    const waits = await tell('w1');
    const gone = await tell('nobody-waits');
    const past = { olderThanMs: -60_000, limit: 1_000, after: null };
    const removed = await awaitUntil('it is our turn', () => first.persistence.retention.remove(past));
    expect(removed?.rows.signals).toBeGreaterThan(0);
    expect(await first.persistence.events.signal(gone.signal)).toBeNull();
    expect((await signal(waits.signal)).outcome).toBe('waiting');
    expect((await tell('w2')).outcome).toBe('triggered');
  });
});
