import { describe, expect, test } from '@jest/globals';
import type { TaskState } from '@cordyna/protocol/model';
import { SIGNALS } from '@cordyna/engine';
import type { Decision, Input, Signal } from '@cordyna/engine';
import { RunDriver, TestWorld, declarationOf, registryWith, seedFor } from '@cordyna/engine/testing';

/**
 * The state that each signal leads to; `-` where it is refused. A budget of two attempts: `error` from a first attempt
 * waits (`pending`) for the second. `returned` is invoked again at once. `taken-over` is `queued` from another instance.
 */
const EXPECTED = `
state     queued started completed error   returned taken-over returned-by-another published ack-deadline start-deadline complete-deadline server-lost withdrawn cancel
pending   -      -       -         -       -        -          -                   -         -            -              -                 -           error     cancelled
invoked   queued started completed pending invoked  queued     invoked             invoked   pending      -              -                 -           -         cancelled
queued    -      started completed pending invoked  queued     -                   -         -            pending        -                 pending     -         cancelled
started   -      -       completed pending pending  started    -                   -         -            -              pending           pending     -         cancelled
completed -      -       -         -       -        -          -                   -         -            -              -                 -           -         -
error     -      -       -         -       -        -          -                   -         -            -              -                 -           -         -
blocked   -      -       -         -       -        -          -                   -         -            -              -                 -           -         -
skipped   -      -       -         -       -        -          -                   -         -            -              -                 -           -         -
cancelled -      -       -         -       -        -          -                   -         -            -              -                 -           -         -
`;

const lines = EXPECTED.trim()
  .split('\n')
  .map((line) => line.split(/ +/));
const [[, ...columns] = [], ...body] = lines;
const cells = body.flatMap(([state, ...outcomes]) =>
  outcomes.map((outcome, at) => [state as TaskState, columns[at] as Signal, outcome] as const),
);

const T = 'server-a.subject';

/** A run that goes on (its other task never ends) with the subject in this state. */
function inState(state: TaskState): RunDriver {
  const world = new TestWorld();
  const job = {
    name: 'job',
    tasks: ['server-b.first', 'server-b.other', T].map((task) => ({ task })),
  };
  const registry = registryWith(
    declarationOf('server-a', [
      { name: 'subject', dependsOn: ['server-b.first'], retry: { maxAttempts: 2, backoffMs: 100 } },
    ]),
    declarationOf('server-b', ['first', 'other'], [job]),
  );
  if (state === 'pending') world.capacities.set('server-a', 0);
  const driver = new RunDriver(seedFor(registry, { job: 'server-b.job' }), world);
  if (state === 'blocked') driver.failed('server-b.first');
  else if (state !== 'skipped') driver.completed('server-b.first');
  if (state === 'queued') driver.queued(T);
  if (state === 'started') driver.started(T);
  if (state === 'completed') driver.completed(T);
  if (state === 'error') driver.failed(T, { retryable: false });
  if (state === 'cancelled') driver.send({ kind: 'cancel', reason: 'enough' });
  return driver;
}

/** Skipped, because what it needs from outside is not fresh. */
function skipped(): RunDriver {
  const registry = registryWith(
    declarationOf('server-a', ['subject: server-b.first server-c.outside']),
    declarationOf('server-b', ['first', 'other: first']),
  );
  const driver = new RunDriver(seedFor(registry, { task: 'server-b.first' }));
  driver.completed('server-b.first');
  return driver;
}

function inputFor(driver: RunDriver, signal: Signal): Input {
  const identity = driver.identity(T);
  const { invocation } = identity;
  if (signal === 'queued' || signal === 'started') return { ...identity, report: signal };
  if (signal === 'taken-over') return { ...identity, report: 'queued', instance: 'i-2' };
  if (signal === 'completed') return { ...identity, report: 'completed', output: {} };
  if (signal === 'error')
    return { ...identity, report: 'error', error: { code: 'broken', message: 'broke' } };
  if (signal === 'returned' || signal === 'returned-by-another') {
    const instance = signal === 'returned' ? 'i-1' : 'i-2';
    return { ...identity, instance, report: 'error', error: { code: 'returned', message: 'not begun' } };
  }
  if (signal === 'published') return { kind: 'published', invocation };
  if (signal === 'server-lost') return { kind: 'server-lost', invocation, instance: 'i-1' };
  if (signal === 'withdrawn') return { kind: 'withdrawn', server: 'server-a' };
  if (signal === 'cancel') return { kind: 'cancel', reason: 'enough' };
  if (signal === 'retry') return { kind: 'retry' };
  const deadline = signal.slice(0, -'-deadline'.length) as 'ack' | 'start' | 'complete';
  return { kind: 'deadline', invocation, deadline, watermark: Number.MAX_SAFE_INTEGER };
}

const silent = (signal: Signal): boolean => signal === 'published' || signal === 'withdrawn';

describe('a task run', () => {
  test('is described for every state and signal', () => {
    expect([...columns, 'retry']).toEqual([...SIGNALS]);
    expect(cells).toHaveLength(9 * 14);
  });

  test.each(cells)('that is %s, on %s, becomes %s', (state, signal, outcome) => {
    const driver = state === 'skipped' ? skipped() : inState(state);
    expect(driver.state(T)).toBe(state);
    if (state === 'invoked' && signal === 'ack-deadline') driver.published(T);
    if (signal === 'withdrawn') driver.world.undeclared.add(T);
    const before = driver.run;
    const decision: Decision = driver.send(inputFor(driver, signal));
    // A cancellation is of the run: where the subject has ended, the run's other task is what it ends.
    if (signal === 'cancel' && outcome === '-' && before.state === 'running') {
      expect(driver.state(T)).toBe(state);
      expect(decision.refused).toBeNull();
    } else if (outcome === '-') {
      expect(decision.refused).not.toBeNull();
      expect(decision.rows.map((row) => row.applied)).toEqual(silent(signal) ? [] : [false]);
      expect(driver.run).toEqual({ ...before, nextSeq: driver.run.nextSeq });
      expect(decision.commands).toEqual([]);
      expect(decision.facts).toEqual([]);
    } else {
      expect(decision.refused).toBeNull();
      expect(driver.state(T)).toBe(outcome);
      const [first] = decision.rows;
      expect(first?.applied).toBe(true);
    }
  });
});

describe('the retry of a run', () => {
  const outcomes = [
    ['completed', 'completed'],
    ['error', 'invoked'],
    ['blocked', 'pending'],
    ['cancelled', 'invoked'],
  ] as const;

  test.each(outcomes)('takes a task that is %s to %s', (state, outcome) => {
    const driver = inState(state);
    if (driver.run.state === 'running') driver.failed('server-b.other', { retryable: false });
    expect(driver.send({ kind: 'retry' }).refused).toBeNull();
    expect(driver.state(T)).toBe(outcome);
  });

  test('leaves a skipped task skipped', () => {
    const driver = skipped();
    driver.failed('server-b.other', { retryable: false });
    expect(driver.run.state).toBe('failed');
    driver.send({ kind: 'retry' });
    expect(driver.states()).toEqual({
      'server-b.first': 'completed',
      'server-b.other': 'invoked',
      [T]: 'skipped',
    });
  });

  test.each(['pending', 'invoked', 'queued', 'started'] as const)(
    'is refused while a task is %s',
    (state) => {
      const driver = inState(state);
      const decision = driver.send({ kind: 'retry' });
      expect(decision.refused).toContain('the run is running');
      expect(decision.rows).toHaveLength(1);
    },
  );
});
