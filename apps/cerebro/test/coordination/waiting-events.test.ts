import { expect, test } from '@jest/globals';
import { emptyRegistry, withDefinitions, type WaitState } from '@cordyna/engine';
import { NOTHING_LOADED, type Envelope } from '../../src/coordination/index.js';
import type { Tools } from '../../src/coordination/decide/context.js';
import { decideDueEvent } from '../../src/coordination/decide/events/due.js';
import { WorkingSet } from '../../src/coordination/working-set.js';

const AT = Date.parse('2026-11-21T10:00:00Z');
const WINDOW_MS = 60_000;
const ID = 'wait pair 1';

/** A timer says that the event, which has waited since AT, is due at `now`. */
function look(now: number, revision = '1 set 1') {
  const set = { events: ['x', 'y'], windowMs: WINDOW_MS };
  const registry = withDefinitions(emptyRegistry(), [
    { kind: 'event-set', name: 'set', version: 1, body: set },
    {
      kind: 'rule',
      name: 'pair',
      version: 1,
      body: { eventSet: 'set', activity: { cmd: '__auto_trigger__' } },
    },
  ]);
  const waiting = [{ signal: 'a', type: 'x', at: AT }];
  const value: WaitState = { kind: 'wait', rule: 'pair', key: '1', revision, waiting };
  const events = { signals: new Map(), firings: new Map(), states: new Map([[ID, { version: 1, value }]]) };
  const work = new WorkingSet({ ...NOTHING_LOADED, events }, 0, registry, {} as Envelope);
  const tools = { clock: { now: () => now } } as Tools;
  const outcome = decideDueEvent(
    { kind: 'event-due', what: 'waiting', id: ID, run: null, newRun: '' },
    work,
    tools,
  );
  const { states, rules = [] } = work.changes().events ?? {};
  return { outcome: outcome.kind, writes: states?.writes ?? [], rules };
}

test('an event that waits under the rule as it is now gets its own time again, and is not found due for ever', () => {
  const { outcome, writes, rules } = look(AT);
  expect({ outcome, rules }).toEqual({ outcome: 'done', rules: [] });
  expect(writes).toMatchObject([
    { id: ID, expiresAt: AT + WINDOW_MS + 1, value: { waiting: [{ signal: 'a' }] } },
  ]);
});

test('an event whose time is nearly over is left alone, since clocks differ', () => {
  expect(look(AT + WINDOW_MS)).toEqual({ outcome: 'refused', writes: [], rules: [] });
});

test.each([
  ['whose time is over', AT + WINDOW_MS + 1, '1 set 1'],
  ['of a rule that was changed', AT, '1 set 2'],
])('an event %s is expired', (_, now, revision) => {
  const { outcome, writes, rules } = look(now, revision);
  expect(outcome).toBe('done');
  expect(writes).toMatchObject([{ expiresAt: null, value: { waiting: [] } }]);
  expect(rules).toMatchObject([{ signal: 'a', outcome: 'expired' }]);
});
