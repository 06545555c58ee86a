import { describe, expect, test } from '@jest/globals';
import type { EventSetBody, RuleBody, RunState } from '@cordyna/protocol/model';
import {
  correlationOf,
  countFiring,
  emptyRegistry,
  endedWaits,
  eventSetErrors,
  expire,
  expiresAt,
  isCompleteAtOnce,
  isLatched,
  match,
  matchLatched,
  MAX_WAIT_MS,
  MAX_WAITING_EVENTS,
  NEW_FUSE,
  nextStep,
  NO_LATCH,
  NO_WAIT,
  resetFuse,
  ruleErrors,
  rulesFor,
  useLatched,
  withDefinitions,
  withEvent,
  withHappened,
  type ActiveRule,
  type EventSignal,
  type RuleFiring,
  type WaitState,
} from '../src/index.js';

const body: RuleBody = { eventSet: 'set', activity: { task: 'a.b' } };
const ruleOn = (set: EventSetBody, revision = '1'): ActiveRule => ({
  ...{ rule: 'r', version: 1, body, set, revision },
});
const signalOf = (text: string): EventSignal => ({
  ...{ signal: text, source: '/s', id: text, type: text[0] ?? '', data: {}, force: false },
});

/** Takes events one after the other, `<type><number>@<ms>`; returns what each completed, and what waits in the end. */
function play(set: EventSetBody, events: string, from: WaitState = NO_WAIT('r', '', '1')) {
  const fired: string[] = [];
  const expired: string[] = [];
  let wait = from;
  for (const [at, one] of events.split(' ').entries()) {
    const [name = '', time = String(at)] = one.split('@');
    const found = match(ruleOn(set), wait, signalOf(name), Number(time));
    wait = found.wait;
    expired.push(...found.expired.map(({ signal }) => signal));
    if (found.outcome === 'triggered') fired.push(found.events.map(({ signal }) => signal).join('+'));
  }
  return { fired, expired, waiting: wait.waiting.map(({ signal }) => signal) };
}

describe('event sets', () => {
  const abc = { events: ['a', 'b', 'c'] };
  test.each<[string, EventSetBody, string, string[], string[]]>([
    ['all are needed, in any order', abc, 'c1 a1 b1', ['c1+a1+b1'], []],
    [
      'the oldest of each are used, each once',
      { events: ['a', 'b'] },
      'a1 a2 b1 b2 b3',
      ['a1+b1', 'a2+b2'],
      ['b3'],
    ],
    ['two of the same are not two types', { events: ['a', 'b'] }, 'a1 a2 a3', [], ['a1', 'a2', 'a3']],
    ['any one completes', { ...abc, complete: 'any' }, 'b1 b2 c1', ['b1', 'b2', 'c1'], []],
    ['so many of them', { ...abc, atLeast: 2 }, 'a1 a2 c1 b1 b2', ['a1+c1', 'a2+b1'], ['b2']],
    ['a set of one waits for nothing', { events: ['a'] }, 'a1 a2', ['a1', 'a2'], []],
  ])('%s', (_, set, events, fired, waiting) => {
    expect(play(set, events)).toEqual({ fired, waiting, expired: [] });
  });

  test('what waits longer than the window is expired and completes nothing', () => {
    const set = { events: ['a', 'b'], windowMs: 100 };
    expect(play(set, 'a1@0 b1@100')).toMatchObject({ fired: ['a1+b1'] });
    expect(play(set, 'a1@0 a2@90 b1@101')).toEqual({ fired: ['a2+b1'], expired: ['a1'], waiting: [] });
    const wait = { ...NO_WAIT('r', '', '1'), waiting: [{ signal: 'a1', type: 'a', at: 5 }] };
    expect(expiresAt(set, wait)).toBe(106);
    expect(expire(set, '1', wait, 105).expired).toEqual([]);
    expect(expire(set, '1', wait, 106).expired).toMatchObject([{ signal: 'a1' }]);
  });

  test('without a window an event waits for as long as any may, and where none waits nothing expires', () => {
    const set = { events: ['a', 'b'] };
    const wait = { ...NO_WAIT('r', '', '1'), waiting: [{ signal: 'a1', type: 'a', at: 5 }] };
    const until = 5 + MAX_WAIT_MS;
    expect(expiresAt(set, wait)).toBe(until + 1);
    expect(expire(set, '1', wait, until).expired).toEqual([]);
    expect(expire(set, '1', wait, until + 1).expired).toMatchObject([{ signal: 'a1' }]);
    expect(expiresAt(set, NO_WAIT('r', '', '1'))).toBeNull();
  });

  test.each<[EventSetBody, boolean]>([
    [{ events: ['a', 'a'] }, true],
    [{ ...abc, complete: 'any' }, true],
    [{ ...abc, atLeast: 1 }, true],
    [{ ...abc, atLeast: 2 }, false],
    [abc, false],
  ])('that one event completes %j is %s', (set, atOnce) => {
    expect(isCompleteAtOnce(set)).toBe(atOnce);
    expect(play(set, 'a1').fired).toEqual(atOnce ? ['a1'] : []);
  });

  test('what waited for a set that was changed or removed is expired, with the reason', () => {
    const wait = { ...NO_WAIT('r', '', '1'), waiting: [{ signal: 'a1', type: 'a', at: 5 }] };
    const set = { events: ['a', 'b'] };
    expect(expire(set, '2', wait, 6)).toMatchObject({ wait: { revision: '2', waiting: [] } });
    expect(expire(set, '2', wait, 6).expired[0]?.reason).toMatch(/was changed/);
    expect(expire(null, '', wait, 6).expired[0]?.reason).toMatch(/is no more/);
    expect(match(ruleOn(set, '2'), wait, signalOf('b1'), 6)).toMatchObject({ outcome: 'waiting' });
  });

  test('of one type no more than a thousand wait, the oldest goes', () => {
    const events = Array.from({ length: MAX_WAITING_EVENTS + 1 }, (_, at) => `a${at}`).join(' ');
    const { expired, waiting } = play({ events: ['a', 'b'] }, events);
    expect(expired).toEqual(['a0']);
    expect(waiting).toHaveLength(MAX_WAITING_EVENTS);
  });

  test('it is said what an event waits for', () => {
    const reasonOf = (set: EventSetBody) => {
      const found = match(ruleOn(set), NO_WAIT('r', '', '1'), signalOf('a1'), 0);
      return found.outcome === 'waiting' ? found.reason : null;
    };
    expect(reasonOf(abc)).toBe('waits for b, c');
    expect(reasonOf({ ...abc, atLeast: 2 })).toBe('waits for 1 of b, c');
  });

  test.each<[string | undefined, object, string | null]>([
    [undefined, { order: { id: 7 } }, ''],
    ['/order/id', { order: { id: 7 } }, '7'],
    ['/order/id', { order: { id: '7' } }, '"7"'],
    ['/a~1b/~0', { 'a/b': { '~': true } }, 'true'],
    ['/list/1', { list: ['x', 'y'] }, '"y"'],
    ['/order', { order: {} }, null],
    ['/order', { order: null }, null],
    ['/toString', {}, null],
    ['/order/id', { order: 'text' }, null],
    ['/order', { order: 'x'.repeat(300) }, null],
  ])('the correlation %s of %j', (correlate, data, key) => {
    const found = correlationOf(correlate === undefined ? {} : { correlate }, data as never);
    expect(found.ok ? found.key : null).toBe(key);
  });
});

describe('latched sets', () => {
  const set = { events: ['a', 'd'], latched: true };
  test('are complete with all that happened, and an event that happened before must be forced', () => {
    const after = (...types: string[]) => types.reduce(withHappened, NO_LATCH);
    const signal = { ...signalOf('d1') };
    expect(matchLatched(set, after(), signal)).toEqual({ outcome: 'waiting', reason: 'waits for a' });
    expect(matchLatched(set, after('a'), signal)).toEqual({ outcome: 'triggered' });
    expect(matchLatched(set, after('a', 'd'), signal)).toMatchObject({ outcome: 'filtered' });
    expect(matchLatched(set, after('a', 'd'), { ...signal, force: true })).toEqual({ outcome: 'triggered' });
    expect(matchLatched({ ...set, complete: 'any' }, after(), signal)).toEqual({ outcome: 'triggered' });
    expect(after('a', 'a').happened).toEqual(['a']);
  });

  test('fire with all that happened, and say who has waited for it and who waits no more', () => {
    const at = 1_000;
    const event = (signal: string, type: string, ...waitsIn: string[]) => ({ signal, type, at, waitsIn });
    const first = withEvent(NO_LATCH, event('a1', 'a', 'r', 'other')).latch;
    const latch = withEvent(first, event('x1', 'x', 'r')).latch;
    const used = useLatched(latch, 'r', set, { type: 'd' }, at);
    const a1 = { signal: 'a1', type: 'a' };
    expect(used).toMatchObject({ events: [a1], waited: [a1] });
    expect(used.latch.events).toEqual([event('a1', 'a', 'other'), event('x1', 'x', 'r')]);
    // Used again it has not waited; nor has the event's own type, or what may have left the ledger.
    expect(useLatched(used.latch, 'r', set, { type: 'd' }, at)).toMatchObject({ events: [a1], waited: [] });
    expect(useLatched(latch, 'r', set, { type: 'a' }, at)).toMatchObject({ events: [], waited: [] });
    const later = at + MAX_WAIT_MS;
    expect(useLatched(latch, 'r', set, { type: 'd' }, later)).toMatchObject({ events: [a1], waited: [] });
    expect(useLatched(NO_LATCH, 'r', set, { type: 'd' }, at)).toMatchObject({ events: [], waited: [] });
    const { former } = withEvent(latch, event('a2', 'a'));
    expect(endedWaits(former, 'why', at)).toEqual([
      { rule: 'r', signal: 'a1', reason: 'why' },
      { rule: 'other', signal: 'a1', reason: 'why' },
    ]);
    expect([endedWaits(former, 'why', later), endedWaits(undefined, 'why', at)]).toEqual([[], []]);
  });
});

describe('the fuse', () => {
  test('blows with one firing too many within a minute, and stays blown until it is reset', () => {
    let fuse = NEW_FUSE('r');
    const fire = (now: number): boolean => {
      const counted = countFiring(fuse, 2, now);
      fuse = counted.fuse;
      return counted.fires;
    };
    expect([100_000, 159_000, 160_000, 160_001].map(fire)).toEqual([true, true, true, true]);
    expect(fire(219_999)).toBe(false);
    expect(fuse.blown).toEqual({ at: 219_999, reason: 'more than 2 firings within a minute' });
    expect(fire(900_000)).toBe(false);
    fuse = resetFuse(fuse, { author: 'ann', reason: null }, 900_001);
    expect(fuse).toMatchObject({ blown: null, reset: { at: 900_001, author: 'ann' } });
    expect(fire(900_002)).toBe(true);
  });
});

describe('a firing', () => {
  const firing: RuleFiring = {
    ...{
      firing: 'f',
      rule: 'ns:r',
      ruleVersion: 1,
      body,
      key: '',
      at: 0,
      force: true,
      events: [],
      state: 'due',
    },
    ...{ attempt: 0, run: null, error: null, finishedAt: null },
  };
  const around = { run: null, isDeclared: () => false, events: [{ type: 'paid' }] };
  const stepOf = (activity: RuleBody['activity'], isDeclared = false) =>
    nextStep({ ...firing, body: { ...body, activity } }, { ...around, isDeclared: () => isDeclared });

  test('begins what its activity says', () => {
    const args = { day: 1 };
    expect(stepOf({ task: 'a.b', args, eventsAs: 'paid', scope: 'task' })).toEqual({
      step: 'start',
      request: { task: 'a.b', scope: 'task', args: { day: 1, paid: [{ type: 'paid' }] }, taskArgs: {} },
    });
    expect(stepOf({ task: 'a.b' })).toEqual({
      step: 'start',
      request: { task: 'a.b', args: {}, taskArgs: {} },
    });
    expect(stepOf({ job: 'nightly' })).toMatchObject({
      step: 'start',
      request: { job: 'nightly', args: {} },
    });
    expect(stepOf({ cmd: '__auto_trigger__' })).toEqual({ step: 'succeed' });
    expect(stepOf({ cmd: 'make' })).toMatchObject({ step: 'fail', code: 'no_runner' });
    expect(stepOf({ cmd: '', task_type: 'docker', image: 'worker', runner: 'other' }, true)).toEqual({
      step: 'start',
      request: {
        task: 'other.docker',
        scope: 'task',
        args: {
          activity: { cmd: '', task_type: 'docker', image: 'worker', runner: 'other' },
          env: { TRIGGER: 'set', RULE_ID: 'ns:r', NAME: 'ns-r-f', FORCE: 'true' },
        },
      },
    });
    expect(stepOf({ cmd: ['make'] }, true)).toMatchObject({ request: { task: 'runner.cmd' } });
  });

  test.each<[RunState | null, number, string]>([
    ['running', 1, 'none'],
    ['completed', 1, 'succeed'],
    ['failed', 1, 'try again'],
    ['failed', 2, 'fail'],
    ['cancelled', 1, 'fail'],
    [null, 1, 'fail'],
  ])('with a run that is %s in attempt %d of 2: %s', (run, attempt, step) => {
    const running = {
      ...firing,
      state: 'running',
      run: 'x',
      attempt,
      body: { ...body, attempts: 2 },
    } as const;
    expect(nextStep(running, { ...around, run }).step).toBe(step);
    expect(nextStep({ ...running, state: 'done' }, { ...around, run }).step).toBe('none');
  });

  test('begins its activity once when the rule does not say how often', () => {
    const running = { ...firing, state: 'running', run: 'x', attempt: 1 } as const;
    expect(nextStep(running, { ...around, run: 'failed' })).toEqual({
      ...{ step: 'fail', code: 'run_failed', message: 'run x is failed, attempt 1 of 1' },
    });
  });
});

describe('definitions of event sets and rules', () => {
  const errorsOf = (set: EventSetBody) => eventSetErrors(set, () => []).map(({ path }) => path);
  test('every error has its place', () => {
    const events = ['a', 'b'];
    expect(errorsOf({ events: ['a', 'b', 'a'] })).toEqual(['/events/2']);
    expect(errorsOf({ events, complete: 'any', atLeast: 3 })).toEqual(['/atLeast', '/atLeast']);
    expect(errorsOf({ events, filters: { 'x/y': {} } })).toEqual(['/filters/x~1y']);
    expect(errorsOf({ events, latched: true, windowMs: 1, correlate: '/a', filters: {} })).toEqual([
      '/windowMs',
      '/filters',
      '/correlate',
    ]);
    expect(eventSetErrors({ events, filters: { a: {} } }, () => ['is bad'])).toEqual([
      { path: '/filters/a', message: 'is bad' },
    ]);
    const ofRule = (activity: RuleBody['activity']) =>
      ruleErrors(emptyRegistry(), { eventSet: 'set', activity }).errors.map(({ path }) => path);
    expect(ofRule({})).toEqual(['/activity']);
    expect(ofRule({ task: 'a.b', cmd: 'x', image: 'y' })).toEqual(['/activity/cmd', '/activity/image']);
    expect(ofRule({ job: 'n', scope: 'task' })).toEqual(['/activity/scope']);
    expect(ofRule({ cmd: '', task_type: 'docker', args: {} })).toEqual(['/activity/args', '/activity/image']);
    expect(ofRule({ cmd: [1], env: 'A=1', cpu_reservation: -1, mem_reservation: '0.5' } as never)).toEqual([
      ...['/activity/cmd', '/activity/env', '/activity/cpu_reservation'],
    ]);
    expect(ofRule({ cmd: ['a'], env: ['A=1'], cpu_reservation: '2' })).toEqual([]);
    const missing = { eventSet: 'set', activity: { task: 'a.b' }, triggering: 'next' };
    expect(ruleErrors(emptyRegistry(), missing).warnings).toHaveLength(3);
  });

  test('a rule is in force with its event set, and found by the types in it', () => {
    const set = {
      kind: 'event-set',
      name: 'set',
      version: 3,
      body: { events: ['a', 'b'], latched: true },
    } as const;
    const rule = {
      kind: 'rule',
      name: 'r',
      version: 2,
      body: { eventSet: 'set', activity: { job: 'x' } },
    } as const;
    const alone = withDefinitions(emptyRegistry(), [rule]);
    expect(rulesFor(alone, 'a')).toEqual([]);
    const both = withDefinitions(alone, [set]);
    expect(rulesFor(both, 'a')).toMatchObject([{ rule: 'r', version: 2, revision: '2 set 3' }]);
    expect([isLatched(both, 'b'), isLatched(both, 'c'), isLatched(alone, 'a')]).toEqual([true, false, false]);
    expect(rulesFor(withDefinitions(both, [{ ...rule, version: 3, body: null }]), 'a')).toEqual([]);
    const changedTo = (body: { readonly events: string[] } | null) =>
      withDefinitions(both, [{ ...set, version: 4, body }]);
    expect(isLatched(changedTo({ events: ['a', 'b'] }), 'b')).toBe(false);
    expect(isLatched(changedTo(null), 'b')).toBe(false);
  });
});
