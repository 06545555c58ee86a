import { expect, test } from '@jest/globals';
import { awaitUntil } from '@cordyna/testkit';
import {
  Capacity,
  MAX_IN_LINE,
  Snapshot,
  type Door,
  type Inbound,
  type OutboundBus,
  type Outcome,
  type TimerQueries,
} from '../../src/coordination/index.js';
import { CapacityTimer, Lookout } from '../../src/timers/index.js';

const bus = { commandPartition: () => 0 } as unknown as OutboundBus;

/** A server `a` with five places, of which some are taken, and these runs waiting; the door keeps what is offered. */
function offering(unfinished: number, line: readonly string[]) {
  const offered: string[] = [];
  const answers: ((outcome: Outcome) => void)[] = [];
  const queries = {
    look: () =>
      Promise.resolve({
        ...{ now: 0, unfinished: new Map([['a', unfinished]]), errands: new Set(['waiting']) },
        online: [{ server: 'a', capacity: 2, queueLimit: 3 }],
        snapshot: new Snapshot(1n, new Set()),
      }),
    runsWaitingPerServer: (limit: number) =>
      Promise.resolve(
        new Map([['a', line.slice(0, limit).map((run) => ({ run, createdAt: line.indexOf(run) }))]]),
      ),
  } as unknown as TimerQueries;
  const door = {
    submit: (inbound: Extract<Inbound, { kind: 'run-input' }>) => {
      offered.push(inbound.run);
      return new Promise<Outcome>((resolve) => answers.push(resolve));
    },
  } as unknown as Door;
  const capacity = new Capacity();
  const question = { topics: [], unsentForMs: 0, silentForMs: 0 };
  const lookout = new Lookout(queries, { now: () => 0 }, question);
  const capacityTimer = new CapacityTimer(queries, door, capacity, bus, '/cerebro/test', lookout);
  lookout.tell(capacityTimer);
  const timer = {
    start: async () => {
      await lookout.look();
      for (const one of [capacityTimer, lookout]) one.start();
    },
    stop: () => Promise.all([lookout.stop(), capacityTimer.stop()]),
  };
  const answer = (outcome: Outcome) => answers.splice(0).forEach((resolve) => resolve(outcome));
  return { timer, capacity, offered, answer };
}

const lineOf = (length: number): string[] => Array.from({ length }, (_, at) => `run-${at}`);

test('offers as many waiting runs as there are free places, oldest first, without waiting for each', async () => {
  const { timer, offered, answer } = offering(1, lineOf(20));
  await timer.start();
  await awaitUntil('four are offered though none is answered', () => offered.length === 4);
  expect(offered).toEqual(lineOf(4));
  answer({ kind: 'done' });
  await timer.stop();
});

test('goes past a run that cannot be served whatever is free', async () => {
  const { timer, offered, answer } = offering(4, lineOf(2));
  await timer.start();
  await awaitUntil('the oldest is offered', () => offered.length === 1);
  answer({ kind: 'store-refused', message: 'a value that PostgreSQL refuses' });
  await awaitUntil('the next one is offered', () => offered.includes('run-1'));
  answer({ kind: 'done' });
  await timer.stop();
});

test('asks the database at once when all that it knew of a long line are served', async () => {
  const line = lineOf(MAX_IN_LINE + 1);
  const { timer, capacity, offered, answer } = offering(4, line);
  await timer.start();
  const served = new Map(
    line.slice(0, MAX_IN_LINE).map((run, createdAt) => [run, { age: { run, createdAt }, waits: false }]),
  );
  await awaitUntil('the oldest is offered', () => offered.length === 1);
  line.splice(0, MAX_IN_LINE);
  capacity.add({ load: new Map(), waits: new Map([['a', served]]) });
  answer({ kind: 'done' });
  await awaitUntil('the last one is offered', () => offered.includes(`run-${MAX_IN_LINE}`));
  answer({ kind: 'done' });
  await timer.stop();
});
