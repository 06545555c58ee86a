import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { replay } from '@cordyna/engine';
import { RunDriver, TestWorld, declarations, registryWith, seedFor } from '@cordyna/engine/testing';

const FINAL = new Set(['completed', 'error', 'blocked', 'skipped', 'cancelled']);
const LEAVES = ['b', 'c', 'd', 'e', 'f'].map((name) => ({ name, dependsOn: ['a'] }));
const fan = registryWith({ server: 's', tasks: [{ name: 'a' }, ...LEAVES] });
const goOn = (driver: RunDriver) => driver.send({ kind: 'retry-due' }, '/cerebro/1');

function fanOf(portion: number): RunDriver {
  const world = new TestWorld();
  world.portion = portion;
  return new RunDriver(seedFor(fan, { task: 's.a' }), world);
}

const leaves = (driver: RunDriver) => LEAVES.map(({ name }) => driver.state(`s.${name}`)).join(' ');

describe('what one decision may begin is limited', () => {
  test('the rest is left in order, and only the first of it bears a mark', () => {
    const driver = fanOf(2);
    const decision = driver.completed('s.a');
    expect(decision.isCutShort).toBe(true);
    expect(leaves(driver)).toBe('invoked invoked pending pending pending');
    const left = ['d', 'e', 'f'].map((name) => driver.task(`s.${name}`));
    expect(left.map(({ reason, retryAt }) => [reason, retryAt])).toEqual([
      ['about to be invoked', driver.now + 2_000],
      ['waiting for upstream', null],
      ['waiting for upstream', null],
    ]);
    expect(goOn(driver).isCutShort).toBe(true);
    expect(leaves(driver)).toBe('invoked invoked invoked invoked pending');
    expect(goOn(driver).isCutShort).toBe(false);
    expect(leaves(driver)).toBe('invoked invoked invoked invoked invoked');
    expect(goOn(driver).refused).toBe('nothing is there to do');
  });

  test('what frees a place goes on as well, but for what bears the mark', () => {
    const driver = fanOf(2);
    driver.completed('s.a');
    driver.send({ kind: 'capacity' });
    expect(leaves(driver)).toBe('invoked invoked pending invoked invoked');
    expect(goOn(driver).isCutShort).toBe(false);
  });

  test('what is left of one server goes on when the mark is on a task of another that is withdrawn', () => {
    const two = registryWith(
      { server: 's', tasks: [{ name: 'a' }, { name: 'b', dependsOn: ['a'] }] },
      { server: 't', tasks: [{ name: 'c', dependsOn: ['s.a'] }] },
      { server: 'u', tasks: [{ name: 'd', dependsOn: ['s.a'] }] },
    );
    const world = new TestWorld();
    world.portion = 1;
    const driver = new RunDriver(seedFor(two, { task: 's.a' }), world);
    driver.completed('s.a');
    const pending = driver.seed.plan.members.filter(({ task }) => driver.state(task) === 'pending');
    const [marked, other] = pending.map(({ task, server }) => ({ task, server }));
    expect(driver.task(marked?.task ?? '').reason).toBe('about to be invoked');
    world.undeclared.add(marked?.task ?? '');
    driver.send({ kind: 'withdrawn', server: marked?.server ?? '' }, '/cerebro/1');
    expect(driver.state(marked?.task ?? '')).toBe('error');
    expect(driver.state(other?.task ?? '')).toBe('invoked');
  });

  test('a cancelled run leaves nothing to go on with', () => {
    const driver = fanOf(1);
    driver.completed('s.a');
    driver.send({ kind: 'cancel', reason: 'enough' });
    expect(driver.run.state).toBe('cancelled');
    expect(goOn(driver).refused).toBe('nothing is there to do');
  });

  test('a blocked task does not wait for its portion', () => {
    const registry = registryWith({
      server: 's',
      tasks: [{ name: 'a' }, { name: 'b' }, { name: 'c', dependsOn: ['a', 'b'] }],
      jobs: [{ name: 'all', tasks: [{ task: 's.a' }, { task: 's.b' }, { task: 's.c' }] }],
    });
    const world = new TestWorld();
    world.portion = 1;
    const driver = new RunDriver(seedFor(registry, { job: 's.all' }), world);
    expect(driver.state('s.b')).toBe('pending');
    goOn(driver);
    driver.failed('s.a', { retryable: false });
    driver.completed('s.b');
    expect(driver.state('s.c')).toBe('blocked');
  });
});

/** Completes what is invoked, the first first, until nothing more is, and goes on wherever something was left. */
function finish(driver: RunDriver): RunDriver {
  for (;;) {
    while (driver.last.isCutShort) goOn(driver);
    const next = [...driver.run.tasks].find(({ state }) => state === 'invoked');
    if (!next) return driver;
    const { task = '' } = driver.seed.plan.members[next.member] ?? {};
    driver.completed(task, { items: [1, 2, 3] }, next.item?.index);
  }
}

test('in portions everything ends as it does at once, and the history says so', () => {
  fc.assert(
    fc.property(declarations(), fc.nat(11), fc.integer({ min: 1, max: 3 }), (servers, at, portion) => {
      const names = servers.flatMap(({ server, tasks }) => tasks.map((task) => `${server}.${task.name}`));
      const job = { name: 'all', tasks: names.map((task) => ({ task })) };
      const registry = registryWith(...servers, { server: 'server-j', tasks: [], jobs: [job] });
      const target = at % 2 === 0 ? { job: 'server-j.all' } : { task: names[at % names.length] as string };
      const ended = [portion, Infinity].map((each) => {
        const world = new TestWorld();
        world.portion = each;
        return finish(new RunDriver(seedFor(registry, target), world));
      });
      const [inPortions, atOnce] = ended.map(({ run }) => [...run.tasks].map(({ state }) => state).sort());
      expect(inPortions).toEqual(atOnce);
      for (const { run, seed, rows } of ended) {
        expect([...run.tasks].every(({ state }) => FINAL.has(state))).toBe(true);
        expect(replay(seed, rows)).toEqual(run);
      }
    }),
  );
});
