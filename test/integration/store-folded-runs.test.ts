import { RowType, evolve } from '@cordyna/engine';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Changes } from '../../apps/cerebro/src/coordination/ports/index.js';
import {
  T0,
  changesOf,
  historyRow,
  lived,
  livedSince,
  runChange,
  seedOf,
} from '../../apps/cerebro/test/persistence/support/builders.js';
import { openDatabase, type Opened } from '../../apps/cerebro/test/persistence/support/opened.js';

let db: Opened;
beforeAll(async () => {
  db = await openDatabase();
});
afterAll(async () => {
  await db.closeAll();
});

const commit = (changes: Partial<Changes>) => db.store.commit(changesOf(changes));

test('a run that is looked at again shows what has happened meanwhile, to others as well', async () => {
  const created = lived(seedOf(['again.a']), [RowType.taskInvoked, { invocation: 'again-1' }, 0]);
  const id = created.run.seed.run;
  await commit({ runs: [created] });
  const stateOf = async (queries = db.queries) => (await queries.run(id))?.tasks[0]?.state;
  expect(await stateOf()).toBe('invoked');
  const rows = [
    historyRow(3, {
      type: RowType.taskCompleted,
      task: 'again.a',
      attempt: 1,
      data: { now: T0 + 1, output: { n: 1 } },
    }),
    historyRow(4, { type: RowType.runFinished, data: { now: T0 + 1, state: 'completed' } }),
  ];
  const run = rows.reduce(evolve, created.run);
  await commit({ runs: [runChange(run, 1, rows, created.run)] });
  expect(await stateOf()).toBe('completed');
  expect(await db.queries.run(id)).toEqual(await db.another().queries.run(id));
  expect((await db.queries.run(id))?.tasks[0]?.output).toEqual({ n: 1 });
});

test('the last state of a task is that in the newest run that it is a member of', async () => {
  const definition = {
    server: 'st',
    version: null,
    team: null,
    contact: null,
    description: null,
    tasks: [],
    jobs: [],
  };
  const change = {
    kind: 'declare',
    server: definition,
    declaration: { server: 'st', tasks: [] },
    tasks: ['st.a', 'st.b', 'st.c'],
  } as const;
  await commit({ registry: { read: 0, changes: [change] } });
  const ends = {
    completed: [RowType.taskCompleted, { output: {} }],
    error: [RowType.taskError, { error: { code: 'broken', message: '' }, final: true, counted: true }],
    pending: [RowType.taskWaiting, { reason: 'waits', retryAt: null }],
  } as const;
  const at = (createdAt: number, ...states: (keyof typeof ends)[]) => {
    const seed = seedOf(['st.a', 'st.b'].slice(0, states.length));
    const alone = states.length === 1 ? ({ scope: 'task' } as const) : {};
    return livedSince(
      createdAt,
      { ...seed, ...alone },
      ...states.map((state, n) => [...ends[state], n] as const),
    );
  };
  await commit({
    runs: [at(T0 + 2, 'error'), at(T0 + 1, 'completed', 'pending'), at(T0, 'pending', 'completed')],
  });
  const states = [...(await db.queries.lastStates())].filter(([task]) => task.startsWith('st.'));
  expect(new Map(states)).toEqual(
    new Map([
      ['st.a', 'error'],
      ['st.b', 'pending'],
    ]),
  );
});
