import { getHeapStatistics } from 'node:v8';
import { describe, expect, test } from '@jest/globals';
import { collectAll, SpareMemory } from '../src/spare-memory.js';

const MIB = 1024 * 1024;
const LOOK_MS = 2_000;

/** Looks every two seconds; the heap falls to 60 MiB when it is collected. */
function started(heapMiB: number) {
  let [atMs, cpuMs, heap, collections] = [0, 0, heapMiB, 0];
  const memory = new SpareMemory(
    () => {
      heap = 60;
      collections += 1;
    },
    () => ({ atMs, cpuMs, heapBytes: heap * MIB }),
  );
  const looks = (count: number, share: number, grownTo?: number): number => {
    for (let done = 0; done < count; done++) {
      atMs += LOOK_MS;
      cpuMs += LOOK_MS * share;
      heap = grownTo ?? heap;
      memory.look();
    }
    return collections;
  };
  looks(2, 0.9);
  return looks;
}

describe('memory that a load has left', () => {
  test('is given back twice, when nothing has been done for fifteen looks after it, and for six more', () => {
    const looks = started(70);
    expect(looks(10, 0.9, 220)).toBe(0);
    expect(looks(14, 0.01)).toBe(0);
    expect(looks(1, 0.01)).toBe(1);
    expect(looks(5, 0.01)).toBe(1);
    expect(looks(1, 0.01)).toBe(2);
    expect(looks(50, 0.01)).toBe(2);
    expect(looks(10, 0.9, 220)).toBe(2);
    expect(looks(21, 0.01)).toBe(4);
  });

  test('is kept while there is work now and then, and while it is little', () => {
    const looks = started(70);
    for (let round = 0; round < 5; round++) {
      expect(looks(14, 0.01, 220)).toBe(0);
      expect(looks(1, 0.05)).toBe(0);
    }
    expect(started(70)(40, 0.01, 100)).toBe(0);
  });

  test('is collected only once when work comes in between', () => {
    const looks = started(70);
    looks(10, 0.9, 220);
    expect(looks(16, 0.01)).toBe(1);
    expect(looks(1, 0.9)).toBe(1);
    expect(looks(50, 0.01)).toBe(1);
  });

  test('is collected for real, and what is free goes back to the system', () => {
    const held: unknown[][] = [Array.from({ length: 500_000 }, (_, at) => [at])];
    const before = getHeapStatistics().total_heap_size;
    held.pop();
    collectAll();
    expect(getHeapStatistics().total_heap_size).toBeLessThan(before - 8 * MIB);
  });
});
