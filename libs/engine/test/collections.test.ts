import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { InvocationIndex, TaskList } from '@cordyna/engine';
import { RunDriver, declarationOf, registryWith, seedFor } from '@cordyna/engine/testing';

describe('the index of invocations', () => {
  test('finds what a map would find, and has one shape for one content', () => {
    const change = fc.record({ key: fc.nat(30), index: fc.nat(9), remove: fc.boolean() });
    fc.assert(
      fc.property(fc.array(change, { maxLength: 60 }), (changes) => {
        const plain = new Map<string, number>();
        let index = InvocationIndex.empty;
        for (const { key, index: at, remove } of changes) {
          if (remove) plain.delete(`k${key}`);
          else plain.set(`k${key}`, at);
          index = remove ? index.without(`k${key}`) : index.with(`k${key}`, at);
        }
        for (let key = 0; key <= 30; key++) expect(index.get(`k${key}`)).toBe(plain.get(`k${key}`));
        let other = InvocationIndex.empty;
        for (const [key, at] of [...plain].reverse()) other = other.with(key, at);
        expect(other).toEqual(index);
      }),
    );
  });

  test('keeps apart what falls into one bucket', () => {
    let index = InvocationIndex.empty;
    for (let key = 0; key < 5_000; key++) index = index.with(`k${key}`, key);
    expect([0, 2_500, 4_999].map((key) => index.get(`k${key}`))).toEqual([0, 2_500, 4_999]);
    expect(InvocationIndex.empty.get('k0')).toBeUndefined();
  });
});

describe('a list of task runs', () => {
  const { run } = new RunDriver(seedFor(registryWith(declarationOf('s', ['a'])), { task: 's.a' }));
  const one = run.tasks.at(0);
  const some = (from: number, count: number) =>
    Array.from({ length: count }, (_, at) => ({ ...one, index: from + at }));
  const indexes = (list: TaskList) => [...list].map(({ index }) => index);

  test.each([
    [0, 0],
    [1, 200],
    [64, 1],
    [100, 64],
  ])('of %i grows by %i', (length, more) => {
    const list = TaskList.of(some(0, length)).concat(some(length, more));
    expect(list.length).toBe(length + more);
    expect(indexes(list)).toEqual(some(0, length + more).map(({ index }) => index));
  });

  test('replaces one and stays as it was', () => {
    const list = TaskList.of(some(0, 130));
    const changed = list.with({ ...one, index: 100, attempt: 7 });
    expect([changed.at(100).attempt, list.at(100).attempt, changed.at(101).attempt]).toEqual([7, 1, 1]);
  });

  test('replaces one and changes others, some of them more than once, and stays as it was', () => {
    const list = TaskList.of(some(0, 200));
    const again = (task: typeof one) => ({ ...task, attempt: task.attempt + 1 });
    const changed = list.withAll({ ...one, index: 1, attempt: 7 }, [2, 150, 150, 3], again);
    const attempts = (of: TaskList) => [0, 1, 2, 3, 149, 150].map((index) => of.at(index).attempt);
    expect(attempts(changed)).toEqual([1, 7, 2, 2, 1, 3]);
    expect(attempts(list)).toEqual([1, 1, 1, 1, 1, 1]);
    expect(indexes(changed)).toEqual(indexes(list));
  });

  test('has nothing beyond its ends', () => {
    const list = TaskList.of(some(0, 3));
    for (const index of [-1, 3, 64, NaN]) expect(() => list.at(index)).toThrow(RangeError);
  });
});
