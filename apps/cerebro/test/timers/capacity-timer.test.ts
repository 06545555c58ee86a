import { expect, test } from '@jest/globals';
import { awaitUntil } from '@cordyna/testkit';
import { Capacity, type Door, type Inbound, type TimerQueries } from '../../src/coordination/index.js';
import { CapacityTimer } from '../../src/timers/index.js';

const online = { server: 'a', instance: 'a-1', state: 'online', capacity: 2, queueLimit: 3 };

test('offers as many waiting runs as there are free places, oldest first, without waiting for each', async () => {
  const waiting = Array.from({ length: 20 }, (_, at) => `run-${at}`);
  const queries = {
    unfinishedPerServer: () => Promise.resolve(new Map([['a', 1]])),
    instances: () => Promise.resolve([online]),
    waitingPerServer: () => Promise.resolve(new Map([['a', waiting.length]])),
    runsWaitingFor: (servers: readonly string[], limit: number) =>
      Promise.resolve(servers.includes('a') ? waiting.slice(0, limit) : []),
  } as unknown as TimerQueries;
  const offered: Inbound[] = [];
  const answers: (() => void)[] = [];
  const door = {
    submit: (inbound: Inbound) => {
      offered.push(inbound);
      return new Promise<void>((resolve) => answers.push(resolve));
    },
  } as unknown as Door;
  const timer = new CapacityTimer(queries, door, new Capacity(), '/cerebro/test');
  await timer.start();
  await awaitUntil('four are offered though none is answered', () => offered.length === 4);
  expect(offered.map((inbound) => inbound.kind === 'run-input' && inbound.run)).toEqual(waiting.slice(0, 4));
  answers.forEach((answer) => answer());
  await timer.stop();
});
