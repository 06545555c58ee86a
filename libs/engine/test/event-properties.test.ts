import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { match, NO_WAIT, neededOf, type ActiveRule, type WaitState } from '../src/index.js';

const types = ['a', 'b', 'c', 'd'];
const sets = fc
  .record({
    events: fc.uniqueArray(fc.constantFrom(...types), { minLength: 1 }),
    complete: fc.option(fc.constantFrom('all' as const, 'any' as const), { nil: undefined }),
    atLeast: fc.option(fc.integer({ min: 1, max: 4 }), { nil: undefined }),
    windowMs: fc.option(fc.integer({ min: 1, max: 50 }), { nil: undefined }),
  })
  .map(({ complete, atLeast, windowMs, ...set }) => ({
    ...set,
    ...(complete === undefined ? {} : { complete }),
    ...(atLeast === undefined ? {} : { atLeast }),
    ...(windowMs === undefined ? {} : { windowMs }),
  }));
const happenings = fc.array(fc.record({ pick: fc.nat(), afterMs: fc.nat({ max: 20 }) }), { maxLength: 60 });

describe('matching, whatever happens', () => {
  test('each event is used by at most one firing, waits, or is expired; each firing has what it needs in its window', () => {
    fc.assert(
      fc.property(sets, happenings, (set, all) => {
        const rule = { rule: 'r', revision: '1', set } as unknown as ActiveRule;
        let wait: WaitState = NO_WAIT('r', '', '1');
        const times = new Map<string, number>();
        const ends: string[] = [];
        let now = 0;
        for (const [at, { pick, afterMs }] of all.entries()) {
          now += afterMs;
          const type = set.events[pick % set.events.length] ?? '';
          times.set(`${at}`, now);
          const signal = { signal: `${at}`, source: '/', id: `${at}`, type, data: {}, force: false };
          const found = match(rule, wait, signal, now);
          wait = found.wait;
          ends.push(...found.expired.map((one) => one.signal));
          if (found.outcome === 'triggered') {
            ends.push(...found.events.map((one) => one.signal));
            expect(new Set(found.events.map((one) => one.type)).size).toBe(neededOf(set));
            expect(found.events.at(-1)?.signal).toBe(`${at}`);
            for (const one of found.events)
              expect(now - (times.get(one.signal) ?? 0)).toBeLessThanOrEqual(set.windowMs ?? Infinity);
          }
          const waiting = new Set(wait.waiting.map((one) => one.type));
          expect(waiting.size).toBeLessThan(neededOf(set));
        }
        const everywhere = [...ends, ...wait.waiting.map((one) => one.signal)];
        expect(everywhere.sort()).toEqual([...times.keys()].sort());
      }),
      { numRuns: 300 },
    );
  });
});
