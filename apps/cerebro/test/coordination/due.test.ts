import { expect, test } from '@jest/globals';
import {
  AnnouncingStore,
  Due,
  type Changes,
  type DueKind,
  type Store,
} from '../../src/coordination/index.js';

const NOTHING = {
  runs: [],
  schedules: [],
  registry: { read: null, changes: [] },
} as unknown as Changes;
const KINDS: readonly DueKind[] = ['retries', 'schedules', 'events'];

/** What each timer is told when this is committed. */
async function toldOf(changes: object, locked = false): Promise<Partial<Record<DueKind, number[]>>> {
  const due = new Due();
  const told: Partial<Record<DueKind, number[]>> = {};
  for (const kind of KINDS) due.listen(kind, (at) => (told[kind] = [...(told[kind] ?? []), at]));
  const saved = { outbox: null, lost: 0, clock: 0, transaction: null };
  const inner = {
    commit: () => Promise.resolve(saved),
    commitLocked: async (decide: (reader: object) => Promise<Changes>) => {
      await decide({});
      return saved;
    },
  } as unknown as Store;
  const store = new AnnouncingStore(inner, [due]);
  const all = { ...NOTHING, ...changes } as Changes;
  await (locked ? store.commitLocked(() => Promise.resolve(all)) : store.commit(all));
  return told;
}

const run = (kind: string, state: string, retryAts: readonly (number | null)[] = []) => ({
  run: { state },
  seed: { trigger: { kind } },
  touched: retryAts.map((retryAt) => ({ retryAt })),
});

test('a retry is due at its time', async () => {
  expect(await toldOf({ runs: [run('request', 'running', [null, 5_000, 7_000])] })).toEqual({
    retries: [5_000, 7_000],
  });
});

test('the end of a run lets whatever it came from go on, and nothing else', async () => {
  expect(await toldOf({ runs: [run('rule', 'failed')] })).toEqual({ events: [0] });
  expect(await toldOf({ runs: [run('schedule', 'completed')] }, true)).toEqual({ schedules: [0] });
  expect(await toldOf({ runs: [run('request', 'completed'), run('rule', 'running')] })).toEqual({});
});

test('a schedule is due at its next time unless it is paused', async () => {
  const schedules = [
    { value: { active: true, nextDueAt: 9_000 } },
    { value: { active: false, nextDueAt: 8_000 } },
    { value: { active: true, nextDueAt: null } },
  ];
  expect(await toldOf({ schedules })).toEqual({ schedules: [9_000] });
});

test('a schedule is told by its name', () => {
  const due = new Due();
  const told: unknown[] = [];
  due.listen('schedules', (at, schedule) => told.push([at, schedule]));
  const value = { schedule: 'nightly', active: true, nextDueAt: 9_000 };
  due.committed({
    ...NOTHING,
    schedules: [{ value }],
    runs: [run('schedule', 'failed')],
  } as unknown as Changes);
  expect(told).toEqual([
    [0, undefined],
    [9_000, 'nightly'],
  ]);
});

test('an event is due at once, and what waits when it has waited for too long', async () => {
  const events = { states: { writes: [{ expiresAt: 6_000 }, { expiresAt: null }] } };
  expect(await toldOf({ events })).toEqual({ events: [0, 6_000] });
});

test('a declaration may change what any of them waits for', async () => {
  const registry = { read: 1, changes: [{ kind: 'withdraw', server: 'a' }] };
  expect(await toldOf({ registry })).toEqual({ retries: [0], schedules: [0], events: [0] });
});

test('what is not committed makes nothing due', async () => {
  const due = new Due();
  const told: number[] = [];
  due.listen('retries', (at) => told.push(at));
  const inner = { commit: () => Promise.reject(new Error('conflict')) } as unknown as Store;
  const changes = { ...NOTHING, runs: [run('request', 'running', [1])] } as unknown as Changes;
  await expect(new AnnouncingStore(inner, [due]).commit(changes)).rejects.toThrow('conflict');
  expect(told).toEqual([]);
});
