import { describe, expect, test } from '@jest/globals';
import type { ShapeName } from '../shapes.js';
import type { Sample } from '../workloads/measure.js';
import { isSteady, warmUp, type WarmUpPlan } from '../workloads/warm-up.js';

const MINUTE_MS = 60_000;

function planOf(name: string, done: string[], msOf: (time: number) => number): WarmUpPlan {
  let times = 0;
  const run = (shape: ShapeName): Promise<Sample> => {
    done.push(`${name} ${shape}`);
    times += 1;
    return Promise.resolve({
      runs: 1,
      tasks: 50,
      ms: msOf(times),
      latenciesMs: [],
      cpuMs: {},
      historyRows: 0,
    });
  };
  return { subject: { name, run }, workloads: ['W1'] };
}

describe('the warm-up', () => {
  test('is over for each when it becomes no faster', async () => {
    const done: string[] = [];
    const faster = planOf('faster', done, (time) => (time <= 12 ? 1_000 - time * 80 : 40));
    const same = planOf('same', done, () => 100);
    const [first, second] = await warmUp([faster, same], MINUTE_MS, () => Promise.resolve());
    expect(second?.rounds.W1).toHaveLength(10);
    expect(first?.rounds.W1?.length).toBeGreaterThanOrEqual(17);
    expect([first?.isSteady, second?.isSteady]).toEqual([true, true]);
  });

  test('ends with its time, in which everybody has had one round, and says that nobody was steady', async () => {
    const done: string[] = [];
    const plans = [planOf('one', done, () => 100), planOf('other', done, () => 100)];
    const warmed = await warmUp(plans, 0, async () => {
      done.push('sizes');
      await Promise.resolve();
    });
    expect(done).toEqual(['one chain', 'sizes', 'other chain']);
    expect(warmed.map(({ isSteady: steady }) => steady)).toEqual([false, false]);
  });

  test('counts a workload as steady after ten rounds, the last five of which are no more than 5 % faster', () => {
    const nine = Array.from({ length: 9 }, () => 100);
    expect(isSteady({ W1: nine })).toBe(false);
    expect(isSteady({ W1: [...nine, 96] })).toBe(true);
    expect(isSteady({ W1: [...nine, 90] })).toBe(false);
    expect(isSteady({ W1: [...nine, 96], W2: [...nine, 90] })).toBe(false);
  });
});
