import { describe, expect, test } from '@jest/globals';
import { Leases, ProgressBuffer, type Inbound, type Metrics } from '../../src/coordination/index.js';

const leases = new Leases();
leases.use('secret');

function bufferWith() {
  const saved: unknown[] = [];
  let uncounted = 0;
  const store = { save: async (batch: unknown) => void saved.push(batch) };
  const metrics = { forgedLines: { inc: () => (uncounted += 1) } } as unknown as Metrics;
  return { buffer: new ProgressBuffer(store, leases, metrics), saved, uncounted: () => uncounted };
}

const line = (run: string, invocation: string, lease: string): Inbound => ({
  kind: 'update',
  source: '/servers/s/one',
  at: 1,
  attempt: { run, invocation, task: 's.work', attempt: 1, lease, instance: 'one' },
  report: { report: 'log', level: 'info', message: 'hello' },
  where: { topic: 't', partition: 0, offset: 0n, key: null, value: null },
});
const isForged = (inbound: Inbound): boolean => 'isForged' in inbound;

describe('lines with a wrong lease', () => {
  test('are recorded up to a limit for each attempt and each run, and counted beyond', () => {
    const { buffer, uncounted } = bufferWith();
    const many = Array.from({ length: 8 }, () => line('run', 'one', 'wrong'));
    expect(buffer.screen(many).filter(isForged)).toHaveLength(5);
    expect(uncounted()).toBe(3);
    expect(buffer.screen([line('run', 'two', 'wrong')]).filter(isForged)).toHaveLength(1);
    const madeUp = Array.from({ length: 200 }, (_, at) => line('run', `made-up-${at}`, 'wrong'));
    expect(buffer.screen(madeUp).filter(isForged)).toHaveLength(44);
    expect(buffer.screen([line('another', 'one', 'wrong')]).filter(isForged)).toHaveLength(1);
  });

  test('are not shown among the lines of the attempt, which are', async () => {
    const { buffer, saved, uncounted } = bufferWith();
    const good = line('run', 'one', leases.of('s', 'one'));
    const screened = buffer.screen([line('run', 'one', 'wrong'), good]);
    expect(screened.map(isForged)).toEqual([true, false]);
    buffer.add(screened);
    await buffer.stop();
    expect(saved).toEqual([
      { progress: [], log: [{ run: 'run', invocation: 'one', at: 1, level: 'info', message: 'hello' }] },
    ]);
    expect(uncounted()).toBe(0);
  });
});
