import { describe, expect, test } from '@jest/globals';
import { lineOf } from '@cordyna/engine';
import { RunDriver, TestWorld, declarationOf, registryWith, seedFor } from '@cordyna/engine/testing';

const registry = registryWith(
  declarationOf('server-a', ['root', 'bad: root', 'good: root']),
  declarationOf('server-b', ['below-bad: server-a.bad', 'below-good: server-a.good']),
);
const begin = (world = new TestWorld()) => {
  const driver = new RunDriver(seedFor(registry, { task: 'server-a.root' }), world);
  driver.completed('server-a.root');
  return driver;
};

describe('the cancellation of a run', () => {
  test('ends everything unfinished at once, and stops the attempts that are going on', () => {
    const driver = begin();
    driver.completed('server-a.good');
    driver.started('server-b.below-good');
    const { rows, facts, commands } = driver.send({ kind: 'cancel', reason: 'not needed' }, '/http');
    expect(driver.states()).toEqual({
      'server-a.root': 'completed',
      'server-a.bad': 'cancelled',
      'server-a.good': 'completed',
      'server-b.below-bad': 'cancelled',
      'server-b.below-good': 'cancelled',
    });
    expect(driver.run).toMatchObject({ state: 'cancelled', finishedAt: driver.now, open: 0 });
    expect(rows.map(({ type, source, task, reason }) => [type, source, task, reason])).toEqual([
      ['cordyna.run.cancel.requested.v1', '/http', null, 'not needed'],
      ['cordyna.task.cancelled.v1', '/cerebro/9', 'server-a.bad', 'not needed'],
      ['cordyna.task.cancelled.v1', '/cerebro/9', 'server-b.below-bad', 'not needed'],
      ['cordyna.task.cancelled.v1', '/cerebro/9', 'server-b.below-good', 'not needed'],
      ['cordyna.run.finished.v1', '/cerebro/9', null, null],
    ]);
    expect(facts.map(({ type }) => type)).toEqual([...rows.slice(1).map(({ type }) => type)]);
    expect(facts[0]?.data).toEqual({ run: 'run-1', task: 'server-a.bad', item: null, reason: 'not needed' });
    expect(facts.at(-1)?.data).toMatchObject({ state: 'cancelled', counts: { completed: 2, cancelled: 3 } });
    expect(commands.map(({ kind }) => kind)).toEqual(['cancel', 'attempt-ended', 'cancel', 'attempt-ended']);
    expect(commands[2]).toMatchObject({
      server: 'server-b',
      data: {
        invocation: 'run-1/server-b.below-good/-/1',
        task: 'server-b.below-good',
        reason: 'not needed',
      },
    });
  });

  test('is refused once the run has ended', () => {
    const driver = begin();
    driver.send({ kind: 'cancel', reason: 'x' });
    const { refused, rows } = driver.send({ kind: 'cancel', reason: 'x' });
    expect(refused).toBe('the run is cancelled');
    expect(rows).toMatchObject([{ type: 'cordyna.run.cancel.requested.v1', applied: false }]);
  });
});

describe('the retry of a run', () => {
  test('runs what failed or was blocked again, and nothing else; attempts count on with a fresh budget', () => {
    const driver = begin();
    driver.failed('server-a.bad');
    driver.completed('server-a.good');
    driver.completed('server-b.below-good');
    expect(driver.run.state).toBe('failed');
    const { rows, commands } = driver.send({ kind: 'retry' }, '/http');
    expect(rows.map(({ type, task }) => [type, task])).toEqual([
      ['cordyna.run.retry.requested.v1', null],
      ['cordyna.task.invoked.v1', 'server-a.bad'],
    ]);
    const trigger = { ...driver.seed.trigger, kind: 'retry' };
    expect(commands).toMatchObject([{ kind: 'invoke', data: { task: 'server-a.bad', attempt: 2, trigger } }]);
    expect(driver.run).toMatchObject({ state: 'running', finishedAt: null, open: 2 });
    expect(driver.task('server-b.below-bad')).toMatchObject({
      state: 'pending',
      reason: 'waiting for upstream',
      blockedBy: null,
      upstreamOpen: 1,
    });
    expect(driver.task('server-a.bad')).toMatchObject({ failures: 0, error: null, finishedAt: null });
    driver.completed('server-a.bad');
    driver.completed('server-b.below-bad');
    expect(driver.run.state).toBe('completed');
    expect(driver.commands.map((command) => command.kind === 'invoke' && command.data.trigger.kind)).toEqual(
      expect.arrayContaining([driver.seed.trigger.kind, 'retry']),
    );
    expect(driver.rows.filter(({ type }) => type === 'cordyna.run.finished.v1')).toHaveLength(2);
  });

  test.each(['before', 'after'])('refuses the old attempt that completes %s it', (order) => {
    const driver = begin();
    const old = { ...driver.identity('server-a.bad'), report: 'completed', output: {} } as const;
    driver.published('server-a.bad');
    driver.send({
      kind: 'deadline',
      invocation: old.invocation,
      deadline: 'ack',
      watermark: Number.MAX_SAFE_INTEGER,
    });
    driver.completed('server-a.good');
    driver.completed('server-b.below-good');
    if (order === 'before')
      expect(driver.send(old).refused).toBe('this attempt has ended: the task is error');
    driver.send({ kind: 'retry' });
    if (order === 'after') expect(driver.send(old).refused).toContain('is not the present attempt');
    expect(driver.task('server-a.bad')).toMatchObject({ state: 'invoked', attempt: 2 });
    driver.completed('server-a.bad');
    expect(driver.state('server-b.below-bad')).toBe('invoked');
  });

  test('of a cancelled run goes on with all that was cancelled', () => {
    const driver = begin();
    driver.send({ kind: 'cancel', reason: 'x' });
    driver.send({ kind: 'retry' });
    expect(driver.states()).toEqual({
      'server-a.root': 'completed',
      'server-a.bad': 'invoked',
      'server-a.good': 'invoked',
      'server-b.below-bad': 'pending',
      'server-b.below-good': 'pending',
    });
  });

  test.each(['running', 'completed'])('is refused when the run is %s', (state) => {
    const driver = begin();
    if (state === 'completed')
      for (const task of ['server-a.bad', 'server-a.good', 'server-b.below-bad', 'server-b.below-good'])
        driver.completed(task);
    const { refused, rows } = driver.send({ kind: 'retry' });
    expect(refused).toBe(`the run is ${state}: only a failed or cancelled run can be retried`);
    expect(rows).toMatchObject([{ type: 'cordyna.run.retry.requested.v1', applied: false }]);
  });
});

describe('the withdrawal of a server', () => {
  test('ends what is not invoked in server_withdrawn, and lets what is go on', () => {
    const driver = begin();
    driver.completed('server-a.good');
    driver.world.undeclared.add('server-b.below-good').add('server-b.below-bad');
    const { rows, commands } = driver.send({ kind: 'withdrawn', server: 'server-b' }, '/cerebro/2');
    expect(rows.map(({ type, source, task }) => [type, source, task])).toEqual([
      ['cordyna.task.error.v1', '/cerebro/9', 'server-b.below-bad'],
    ]);
    expect(commands).toEqual([]);
    expect(driver.task('server-b.below-bad').error).toEqual({
      code: 'server_withdrawn',
      message: 'server-b was withdrawn before server-b.below-bad was invoked',
      retryable: false,
    });
    driver.completed('server-b.below-good');
    expect(driver.state('server-b.below-good')).toBe('completed');
  });

  test('ends a task that becomes ready later just as well', () => {
    const driver = begin();
    driver.world.undeclared.add('server-b.below-good');
    driver.completed('server-a.good');
    expect(driver.task('server-b.below-good').error).toMatchObject({
      code: 'server_withdrawn',
      message: 'server-b was withdrawn before server-b.below-good was invoked',
    });
  });

  test('does nothing to tasks that are still declared, or of other servers', () => {
    const driver = begin();
    driver.world.undeclared.add('server-b.below-bad');
    expect(driver.send({ kind: 'withdrawn', server: 'server-a' })).toMatchObject({ rows: [] });
    driver.world.undeclared.clear();
    const { refused, rows } = driver.send({ kind: 'withdrawn', server: 'server-b' });
    expect([refused, rows]).toEqual(['nothing is there to do', []]);
  });
});

describe('the capacity of a server', () => {
  const wide = registryWith(
    declarationOf('s', ['root', 'a: root', 'b: root', 'c: root']),
    declarationOf('t', ['d: s.root']),
  );
  const narrow = (free: number) => {
    const world = new TestWorld();
    const driver = new RunDriver(seedFor(wide, { task: 's.root' }), world);
    world.capacities.set('s', free);
    driver.completed('s.root');
    return driver;
  };

  test('is not exceeded by one decision; the rest waits, and other servers do not', () => {
    const driver = narrow(2);
    expect(driver.states()).toMatchObject({
      's.a': 'invoked',
      's.b': 'invoked',
      's.c': 'pending',
      't.d': 'invoked',
    });
    expect(driver.task('s.c').reason).toBe('waiting for capacity of s');
    expect(driver.rows.filter(({ type }) => type === 'cordyna.task.waiting.v1')).toMatchObject([
      { task: 's.c', reason: 'waiting for capacity of s', data: { retryAt: null } },
    ]);
  });

  test('is used when it becomes free, and leaves no row as long as it does not', () => {
    const driver = narrow(0);
    const before = driver.run;
    expect(driver.send({ kind: 'capacity' })).toMatchObject({ rows: [], refused: 'nothing is there to do' });
    expect(driver.run).toBe(before);
    driver.world.capacities.set('s', 1);
    driver.send({ kind: 'capacity' });
    expect(driver.states()).toMatchObject({ 's.a': 'invoked', 's.b': 'pending', 's.c': 'pending' });
    driver.world.capacities.set('s', 5);
    driver.send({ kind: 'capacity' });
    expect(driver.states()).toMatchObject({ 's.b': 'invoked', 's.c': 'invoked' });
  });

  test('is asked for in the name of the run, with its age', () => {
    const driver = narrow(2);
    const asking = { run: driver.seed.run, createdAt: driver.run.createdAt };
    expect(driver.world.asking).toContainEqual(asking);
    expect(new Set(driver.world.asking.map(({ createdAt }) => createdAt))).toEqual(
      new Set([driver.run.createdAt]),
    );
  });

  test('is not what a task waits for while commands cannot be sent to the server at all', () => {
    const world = new TestWorld();
    world.unreachable.add('s');
    const driver = new RunDriver(seedFor(wide, { task: 's.root' }), world);
    expect(driver.task('s.root')).toMatchObject({
      state: 'pending',
      reason: 'waiting for the command topic of s',
    });
    world.unreachable.clear();
    world.capacities.set('s', 0);
    driver.send({ kind: 'capacity' });
    expect(driver.task('s.root').reason).toBe('waiting for capacity of s');
    world.capacities.set('s', 1);
    driver.send({ kind: 'capacity' });
    expect(driver.state('s.root')).toBe('invoked');
    const waits = [null, 'waiting for capacity of s', 'waiting for the command topic of s', 'another'];
    expect(waits.map((reason) => lineOf(reason))).toEqual([null, 's', 's', null]);
  });
});
