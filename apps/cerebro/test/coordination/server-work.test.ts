import { expect, describe, test } from '@jest/globals';
import { changedServerWork, serverWorkOf } from '../../src/coordination/ports/index.js';
import { runOf, seedOf, type TaskFields } from '../persistence/support/builders.js';

const seed = seedOf(['one.a', 'one.b', 'one.c', 'two.d']);
const runWith = (...tasks: readonly TaskFields[]) => runOf(seed, tasks);
const attempt = (state: TaskFields['state'], instance: string | null = null): TaskFields => ({
  ...{ state, instance, attempt: 1 },
  invocation: `${state} ${instance}`,
});
const done: TaskFields = { state: 'completed', attempt: 1 };

describe('what a run has at a server', () => {
  test('is what is pending, what is under way, and who is at it', () => {
    const run = runWith(attempt('invoked'), attempt('started', 'y'), attempt('queued', 'x'), {});
    expect([...serverWorkOf(run).values()]).toEqual([
      { server: 'one', hasPending: false, unfinished: 3, instances: ['x', 'y'] },
      { server: 'two', hasPending: true, unfinished: 0, instances: [] },
    ]);
  });

  test('is nothing once its tasks have ended', () => {
    expect(serverWorkOf(runWith(done, done, done, done)).size).toBe(0);
  });

  test('is told where it has changed, and as nothing where it has ended', () => {
    const before = runWith(attempt('started', 'x'), done, done, {});
    expect(changedServerWork(null, before).map(({ server }) => server)).toEqual(['one', 'two']);
    expect(changedServerWork(before, before)).toEqual([]);
    expect(changedServerWork(before, runWith(attempt('started', 'x'), done, done, {}))).toEqual([]);
    expect(changedServerWork(before, runWith(attempt('started', 'y'), done, done, {}))).toEqual([
      { server: 'one', hasPending: false, unfinished: 1, instances: ['y'] },
    ]);
    expect(changedServerWork(before, runWith(done, done, done, attempt('invoked')))).toEqual([
      { server: 'two', hasPending: false, unfinished: 1, instances: [] },
      { server: 'one', hasPending: false, unfinished: 0, instances: [] },
    ]);
  });
});
