import { describe, expect, test } from '@jest/globals';
import { RunDriver, declarationOf, registryWith, seedFor } from '@cordyna/engine/testing';

describe('an error', () => {
  test('blocks what depends on it, naming where it began, and lets everything else go on', () => {
    const registry = registryWith(
      declarationOf('server-a', ['root', 'left: root', 'right: root']),
      declarationOf('server-b', [
        'below-left: server-a.left',
        'below-right: server-a.right',
        'bottom: below-left below-right',
      ]),
    );
    const driver = new RunDriver(seedFor(registry, { task: 'server-a.root' }));
    driver.completed('server-a.root');
    const { facts, rows } = driver.failed('server-a.left');
    expect(rows.map(({ type, task }) => [type, task])).toEqual([
      ['cordyna.task.error.v1', 'server-a.left'],
      ['cordyna.task.blocked.v1', 'server-b.below-left'],
    ]);
    expect(facts).toEqual([
      {
        seq: expect.any(Number),
        type: 'cordyna.task.blocked.v1',
        subject: 'server-b.below-left',
        data: { run: 'run-1', task: 'server-b.below-left', blockedBy: 'server-a.left' },
      },
    ]);
    driver.completed('server-a.right');
    expect(driver.run.state).toBe('running');
    driver.completed('server-b.below-right');
    expect(driver.states()).toEqual({
      'server-a.root': 'completed',
      'server-a.left': 'error',
      'server-a.right': 'completed',
      'server-b.below-left': 'blocked',
      'server-b.below-right': 'completed',
      'server-b.bottom': 'blocked',
    });
    expect(driver.task('server-b.bottom').blockedBy).toBe('server-a.left');
    expect(driver.run.state).toBe('failed');
  });

  test('of several is named the first in declared order, once nothing upstream is open', () => {
    const registry = registryWith(
      declarationOf('server-a', ['root', 'one: root', 'two: root', 'three: root', 'all: three one two']),
    );
    const driver = new RunDriver(seedFor(registry, { task: 'server-a.root' }));
    driver.completed('server-a.root');
    driver.failed('server-a.two');
    driver.failed('server-a.one');
    expect(driver.state('server-a.all')).toBe('pending');
    driver.completed('server-a.three');
    expect(driver.task('server-a.all')).toMatchObject({ state: 'blocked', blockedBy: 'server-a.one' });
  });

  test('weighs more than a skipped dependency', () => {
    const registry = registryWith(
      declarationOf('server-a', ['root', 'stale: root server-x.never', 'bad: root', 'all: stale bad']),
    );
    const driver = new RunDriver(seedFor(registry, { task: 'server-a.root' }));
    driver.completed('server-a.root');
    driver.failed('server-a.bad');
    expect(driver.states()).toMatchObject({ 'server-a.stale': 'skipped', 'server-a.all': 'blocked' });
    expect(driver.task('server-a.all').blockedBy).toBe('server-a.bad');
  });

  test('at the head of a chain of 20,000 blocks all of it', () => {
    const length = 20_000;
    const chain = Array.from({ length }, (_, at) => ({
      name: `t${at}`,
      dependsOn: at === 0 ? [] : [`t${at - 1}`],
    }));
    const driver = new RunDriver(seedFor(registryWith({ server: 's', tasks: chain }), { task: 's.t0' }));
    const { rows } = driver.failed('s.t0');
    expect(rows).toHaveLength(length + 1);
    expect(driver.task(`s.t${length - 1}`)).toMatchObject({ state: 'blocked', blockedBy: 's.t0' });
    expect(driver.run).toMatchObject({ state: 'failed', open: 0 });
  });
});

describe('a skipped task', () => {
  test('skips what depends on it for the same reason, and the run is completed', () => {
    const registry = registryWith(
      declarationOf('server-a', ['root', 'stale: root server-x.never', 'next: stale', 'last: root next']),
    );
    const driver = new RunDriver(seedFor(registry, { task: 'server-a.root' }));
    const { facts, rows } = driver.completed('server-a.root');
    expect(rows.slice(1, -1).map(({ type, task, reason }) => [type, task, reason])).toEqual([
      ['cordyna.task.skipped.v1', 'server-a.stale', 'waiting for server-x.never'],
      ['cordyna.task.skipped.v1', 'server-a.next', 'waiting for server-x.never'],
      ['cordyna.task.skipped.v1', 'server-a.last', 'waiting for server-x.never'],
    ]);
    expect(facts[0]?.data).toEqual({
      run: 'run-1',
      task: 'server-a.stale',
      reason: 'waiting for server-x.never',
    });
    expect(driver.run.state).toBe('completed');
  });
});
