import { describe, expect, test } from '@jest/globals';
import type { CatchUp, Overlap, ScheduleBody } from '@cordyna/protocol/model';
import fc from 'fast-check';
import {
  dueBetween,
  planFirings,
  scheduleBodyErrors,
  scheduleInForce,
  type CronTiming,
} from '../src/index.js';
import { declarationOf, registryWith } from '../src/testing/index.js';

const rulesOf = (overlap: Overlap, catchUp: CatchUp = 'all', catchUpLimit = 10) => ({
  ...{ overlap, catchUp, catchUpLimit },
});
const NOW = 1_000_000;

describe('daylight saving', () => {
  const day = (cron: string, daylightSaving: 'once' | 'skip', from: string, zone = 'Europe/Berlin') => {
    const timing: CronTiming = { cron, timezone: zone, daylightSaving };
    const start = Date.parse(from);
    return dueBetween(timing, start, start + 86_400_000, 50).map((at) =>
      new Date(at).toISOString().slice(11, 16),
    );
  };
  const SPRING = '2026-03-28T12:00:00Z';
  const AUTUMN = '2026-10-24T12:00:00Z';

  test.each<[string, 'once' | 'skip', string, string[]]>([
    ['30 2 * * *', 'once', SPRING, ['01:00']],
    ['30 2 * * *', 'skip', SPRING, []],
    ['0,30 2 * * *', 'once', SPRING, ['01:00']],
    ['0,30 1-3 * * *', 'once', SPRING, ['00:00', '00:30', '01:00', '01:30']],
    ['30 2 * * *', 'once', AUTUMN, ['00:30']],
    ['30 2 * * *', 'skip', AUTUMN, ['00:30']],
    ['0,30 2 * * *', 'once', AUTUMN, ['00:00', '00:30']],
    ['15 2,3 * * *', 'once', AUTUMN, ['00:15', '02:15']],
  ])('%s (%s) from %s', (cron, rule, from, due) => {
    expect(day(cron, rule, from)).toEqual(due);
  });

  test('every hour follows the time that passes under both rules', () => {
    for (const rule of ['once', 'skip'] as const)
      for (const from of [SPRING, AUTUMN]) expect(day('0 * * * *', rule, from)).toHaveLength(24);
  });

  test('half an hour, and the other hemisphere', () => {
    expect(day('15 2 * * *', 'once', '2026-10-03T12:00:00Z', 'Australia/Lord_Howe')).toEqual(['15:30']);
    expect(day('15 2 * * *', 'skip', '2026-10-03T12:00:00Z', 'Australia/Lord_Howe')).toEqual([]);
  });

  test('a time of day is due once on each day of any zone, whatever its clocks do', () => {
    const zones = [
      'Europe/Berlin',
      'America/New_York',
      'Australia/Lord_Howe',
      'Africa/Cairo',
      'Asia/Kolkata',
    ];
    const property = fc.property(
      fc.constantFrom(...zones),
      fc.integer({ min: 0, max: 23 }),
      fc.integer({ min: 0, max: 59 }),
      (timezone, hour, minute) => {
        const timing = { cron: `${minute} ${hour} * * *`, timezone };
        const due = dueBetween(timing, Date.UTC(2026, 0, 1), Date.UTC(2027, 0, 1), 1_000);
        expect(due).toHaveLength(365);
        expect([...due].sort((a, b) => a - b)).toEqual(due);
      },
    );
    fc.assert(property, { numRuns: 5 });
  });
});

describe('overlaps', () => {
  const due = [NOW - 3, NOW - 2, NOW - 1];
  test.each<[Overlap, boolean, string[], number[]]>([
    ['skip', false, ['run', 'skipped', 'skipped'], []],
    ['skip', true, ['skipped', 'skipped', 'skipped'], []],
    ['allow', true, ['run', 'run', 'run'], []],
    ['buffer-one', true, ['skipped', 'skipped'], [NOW - 3]],
    ['buffer-one', false, ['run', 'skipped'], [NOW - 2]],
    ['queue', true, [], due],
    ['queue', false, ['run'], [NOW - 2, NOW - 1]],
    ['cancel-running', true, ['cancel-and-run', 'cancel-and-run', 'cancel-and-run'], []],
    ['cancel-running', false, ['run', 'cancel-and-run', 'cancel-and-run'], []],
  ])('%s, unfinished: %s', (overlap, isOpen, outcomes, waiting) => {
    const plan = planFirings({ due, isCut: false, waiting: [], isOpen, now: NOW }, rulesOf(overlap));
    expect(plan.settled.map(({ outcome }) => outcome)).toEqual(outcomes);
    expect(plan).toMatchObject({ waiting, until: NOW - 1 });
  });

  test('what waits runs as soon as the run before it has ended, the oldest first', () => {
    const waiting = [NOW - 9, NOW - 8];
    const state = { due: [], isCut: false, waiting, isOpen: false, now: NOW };
    expect(planFirings(state, rulesOf('queue'))).toEqual({
      settled: [{ scheduledFor: NOW - 9, outcome: 'run', reason: null }],
      waiting: [NOW - 8],
      until: null,
    });
  });
});

describe('catching up', () => {
  const due = [NOW - 60_000, NOW - 40_000, NOW - 20_000];
  const outcomes = (catchUp: CatchUp, limit: number, late = 0) =>
    planFirings(
      { due: due.map((at) => at + late), isCut: false, waiting: [], isOpen: false, now: NOW },
      rulesOf('allow', catchUp, limit),
    ).settled.map(({ outcome }) => outcome);

  test.each<[CatchUp, number, string[]]>([
    ['last', 10, ['missed', 'missed', 'run']],
    ['all', 10, ['run', 'run', 'run']],
    ['all', 2, ['missed', 'run', 'run']],
    ['none', 10, ['missed', 'missed', 'missed']],
  ])('%s, limit %i', (catchUp, limit, expected) => {
    expect(outcomes(catchUp, limit)).toEqual(expected);
  });

  test('none runs what is on time', () => {
    expect(outcomes('none', 10, 15_000)).toEqual(['missed', 'missed', 'run']);
  });
});

test('every due time is settled or waits exactly once, in whatever parts it is found', () => {
  const property = fc.property(
    fc.constantFrom<Overlap>('skip', 'buffer-one', 'queue', 'cancel-running', 'allow'),
    fc.constantFrom<CatchUp>('none', 'last', 'all'),
    fc.integer({ min: 1, max: 20 }),
    fc.array(fc.record({ more: fc.integer({ min: 0, max: 30 }), ends: fc.boolean() }), { maxLength: 12 }),
    (overlap, catchUp, limit, steps) => {
      const seen: number[] = [];
      let [waiting, isOpen, now, from]: [readonly number[], boolean, number, number] = [[], false, 0, 0];
      for (const { more, ends } of steps) {
        now += more;
        if (ends) isOpen = false;
        // So many at once, as the door does.
        for (let again = true; again;) {
          const all = Array.from({ length: now - from }, (_, at) => from + at + 1);
          const due = all.slice(0, 5 + limit);
          const state = { due, isCut: due.length < all.length, waiting, isOpen, now };
          const plan = planFirings(state, { overlap, catchUp, catchUpLimit: limit });
          const runs = plan.settled.filter(({ outcome }) => outcome.endsWith('run'));
          if (overlap !== 'allow' && overlap !== 'cancel-running')
            expect(runs.length).toBeLessThanOrEqual(isOpen ? 0 : 1);
          seen.push(...plan.settled.map(({ scheduledFor }) => scheduledFor));
          ({ waiting } = plan);
          isOpen ||= runs.length > 0;
          from = plan.until ?? from;
          again = state.isCut && plan.until !== null;
        }
      }
      const expected = Array.from({ length: from }, (_, at) => at + 1);
      expect([...seen, ...waiting].sort((a, b) => a - b)).toEqual(expected);
      expect(from).toBe(now);
    },
  );
  fc.assert(property, { numRuns: 200 });
});

describe('what is in force', () => {
  const declared = { everyMs: null, cron: '0 6 * * *', timezone: 'Europe/Berlin', anchor: 5 };
  const none = { declared: null, isDeclared: false, body: null, bodyAnchor: null };

  test('a declared schedule, with what overrides it', () => {
    const sources = { schedule: 'a.one', ...none, declared, isDeclared: true };
    expect(scheduleInForce(sources)).toMatchObject({
      ...{ task: 'a.one', overlap: 'skip', catchUp: 'last', scope: 'downstream' },
      timing: { cron: '0 6 * * *', timezone: 'Europe/Berlin' },
    });
    const overridden = { ...sources, body: { everyMs: 50, overlap: 'queue' } as const, bodyAnchor: 7 };
    expect(scheduleInForce(overridden)).toMatchObject({
      overlap: 'queue',
      timing: { everyMs: 50, anchor: 7 },
    });
    expect(scheduleInForce({ ...overridden, isDeclared: false })).toBeNull();
  });

  test.each<[string, ScheduleBody, number | null, object]>([
    ['a pattern without a zone is in UTC', { cron: '0 6 * * *' }, 7, { timezone: 'UTC' }],
    ['an interval begins when it was accepted', { everyMs: 10 }, 7, { anchor: 7 }],
    ['one that was not accepted yet begins at the epoch', { everyMs: 10 }, null, { anchor: 0 }],
  ])('%s', (_, timing, bodyAnchor, expected) => {
    const body = { task: 'a.one', ...timing };
    const found = scheduleInForce({ schedule: 'own', ...none, body, bodyAnchor });
    expect(found?.timing).toMatchObject(expected);
  });

  test('start and end', () => {
    const body = {
      task: 'a.one',
      everyMs: 10,
      startsAt: '1970-01-01T00:00:01Z',
      endsAt: '1970-01-01T00:00:01.02Z',
    };
    const found = scheduleInForce({ schedule: 'own', ...none, body, bodyAnchor: 3 });
    expect(found && dueBetween(found.timing, 0, 9e9, 10)).toEqual([1_000, 1_010, 1_020]);
  });
});

describe('the body of a schedule', () => {
  const registry = registryWith(declarationOf('a', ['one']));
  const none = { declared: null, isDeclared: false, bodyAnchor: 0 };
  const declared = { everyMs: 5, cron: null, timezone: 'UTC', anchor: 0 };

  test.each<[string, ScheduleBody, string[]]>([
    ['own', { task: 'a.one', everyMs: 5 }, []],
    ['own', { everyMs: 5 }, ['/task']],
    ['own', { task: 'a.two', job: 'x', cron: '* * * *' }, ['/job', '/task', '/job', '/cron']],
    ['own', { task: 'a.one', everyMs: 5, cron: '* * * * *' }, ['/cron']],
    ['own', { task: 'a.one' }, ['/everyMs']],
    ['own', { task: 'a.one', everyMs: 5, timezone: 'UTC' }, ['/timezone']],
    ['own', { task: 'a.one', cron: '* * * * *', timezone: 'Mars/X' }, ['/timezone']],
    ['own', { task: 'a.one', cron: '61 * * * *', timezone: 'Europe/Berlin' }, ['/cron']],
    ['own', { task: 'a.one', cron: '* * * * *', daylightSaving: 'skip' }, []],
    ['own', { task: 'a.one', everyMs: 5, daylightSaving: 'skip' }, ['/daylightSaving']],
    [
      'own',
      {
        ...{ task: 'a.one', cron: '0 0 1 1 *' },
        ...{ startsAt: '2026-02-01T00:00:00Z', endsAt: '2026-12-31T00:00:00Z' },
      },
      ['/endsAt'],
    ],
    [
      'own',
      { task: 'a.one', everyMs: 5, startsAt: '2026-01-02T00:00:00Z', endsAt: '2026-01-01T00:00:00Z' },
      ['/endsAt'],
    ],
    ['a.one', { task: 'a.one', overlap: 'queue' }, ['/task']],
    ['a.one', { overlap: 'queue' }, []],
    ['a.one', { timezone: 'Europe/Berlin' }, ['/timezone']],
    ['a.one', { cron: '0 6 * * *', timezone: 'Europe/Berlin' }, []],
  ])('%s %j', (schedule, body, paths) => {
    const sources = schedule === 'own' ? none : { ...none, declared, isDeclared: true };
    const errors = scheduleBodyErrors(registry, { schedule, ...sources, body });
    expect(errors.map(({ path }) => path).sort()).toEqual([...paths].sort());
  });

  test('the time zone of a declared pattern may be overridden alone', () => {
    const sources = {
      ...none,
      declared: { ...declared, everyMs: null, cron: '0 6 * * *' },
      isDeclared: true,
    };
    const pathsOf = (timezone: string) =>
      scheduleBodyErrors(registry, { schedule: 'a.one', ...sources, body: { timezone } }).map(
        ({ path }) => path,
      );
    expect([pathsOf('Europe/Berlin'), pathsOf('Mars/X')]).toEqual([[], ['/timezone']]);
  });

  test('a task without a schedule has none to override', () => {
    const errors = scheduleBodyErrors(registry, { schedule: 'a.one', ...none, body: { everyMs: 5 } });
    expect(errors).toHaveLength(1);
  });
});
