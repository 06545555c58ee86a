import { randomUUID } from 'node:crypto';
import { awaitUntil } from '@cordyna/testkit';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import pg from 'pg';
import type { Queries } from '../../apps/cerebro/src/coordination/ports/index.js';
import {
  changesOf,
  historyRow,
  runChange,
  runOf,
  seedOf,
} from '../../apps/cerebro/test/persistence/support/builders.js';
import { openDatabase, type Opened } from '../../apps/cerebro/test/persistence/support/opened.js';
import { entriesText } from '../../apps/cerebro/src/persistence/sql/history-entry.js';

let db: Opened;
beforeAll(async () => {
  db = await openDatabase();
});
afterAll(async () => {
  await db.closeAll();
});

async function create(seqs: readonly number[]): Promise<string> {
  const seed = seedOf(['a.one']);
  await db.store.commit(
    changesOf({
      runs: [
        runChange(
          runOf(seed),
          null,
          seqs.map((seq) => historyRow(seq)),
        ),
      ],
    }),
  );
  return seed.run;
}

/** Follows all runs from a cursor on until `done`. */
async function follow(
  queries: Queries,
  cursor: string,
  done: (seen: readonly string[]) => boolean,
  limit = 3,
): Promise<readonly string[]> {
  const seen: string[] = [];
  let from = cursor;
  await awaitUntil('all rows are streamed', async () => {
    const { rows, cursor: next } = await queries.stream({ cursor: from, limit });
    seen.push(...rows.map(({ run, row }) => `${run}/${row.seq}`));
    from = next;
    return done(seen);
  });
  return seen;
}
/**
 * The cursor behind all that was committed before. An open transaction anywhere in the cluster holds the present end
 * back, so it is the cursor of a row of one's own.
 */
async function start(): Promise<string> {
  let { cursor } = await db.queries.stream({ limit: 1 });
  const marker = await create([1]);
  return awaitUntil('the marker is streamed', async () => {
    const page = await db.queries.stream({ cursor, limit: 1 });
    ({ cursor } = page);
    return page.rows[0]?.run === marker && cursor;
  });
}

test('begins at the present end, and gives each row of all runs once, a run in order', async () => {
  await create([1, 2]);
  const cursor = await start();
  const runs = [await create([1, 2, 3, 4, 5]), await create([1])];
  const expected = [1, 2, 3, 4, 5].map((seq) => `${runs[0]}/${seq}`).concat(`${runs[1]}/1`);
  expect(await follow(db.queries, cursor, (seen) => seen.length >= expected.length)).toEqual(expected);
});

test('every cursor resumes behind its row, on any coordinator', async () => {
  const cursor = await start();
  const run = await create([1, 2, 3, 4]);
  const { rows } = await awaitUntil('the rows are there', async () => {
    const page = await db.queries.stream({ cursor, limit: 10 });
    return page.rows.length === 4 && page;
  });
  const other = db.another().queries;
  for (const [at, { cursor: here }] of rows.entries()) {
    const left = (await other.stream({ cursor: here, limit: 10 })).rows.map(({ run: of, row }) => [
      of,
      row.seq,
    ]);
    expect(left).toEqual([2, 3, 4].slice(at).map((seq) => [run, seq]));
  }
});

test('a transaction that began earlier and commits later holds the rows of others back, and loses none', async () => {
  const cursor = await start();
  const slow = new pg.Client({ connectionString: db.url });
  await slow.connect();
  const slowRun = randomUUID();
  await slow.query('BEGIN');
  await slow.query(`INSERT INTO history_parts (run, first_seq, last_seq, entries) VALUES ($1, 1, 1, $2)`, [
    slowRun,
    entriesText([historyRow(1)]),
  ]);
  const fast = await create([1]);
  const held = await db.queries.stream({ cursor, limit: 10 });
  expect(held.rows).toEqual([]);
  // Where a reader stands while rows are held back must not be beyond them.
  await slow.query('COMMIT');
  await slow.end();
  const seen = await follow(db.queries, held.cursor, (all) => all.length >= 2);
  expect(seen).toEqual([`${slowRun}/1`, `${fast}/1`]);
});

test('rows of many writers at once all come, each once', async () => {
  const cursor = await start();
  let writing = true;
  const followed = follow(db.queries, cursor, (seen) => !writing && seen.length >= 60, 7);
  const stores = [db.store, db.another().store, db.another().store];
  const expected = await Promise.all(
    stores.map(async (store) => {
      const written: string[] = [];
      for (let n = 0; n < 20; n++) {
        const seed = seedOf(['a.one']);
        await store.commit(changesOf({ runs: [runChange(runOf(seed), null, [historyRow(1)])] }));
        written.push(`${seed.run}/1`);
      }
      return written;
    }),
  );
  writing = false;
  const seen = await followed;
  expect([...seen].sort()).toEqual(expected.flat().sort());
});

test('one run is streamed from its first row, and goes on behind any row', async () => {
  const run = await create([1, 2, 3]);
  const first = await db.queries.stream({ run, limit: 2 });
  expect(first.rows.map(({ row }) => row.seq)).toEqual([1, 2]);
  const rest = await db.queries.stream({ run, cursor: first.cursor, limit: 2 });
  expect(rest.rows.map(({ run: of, row }) => [of, row.seq])).toEqual([[run, 3]]);
  expect(await db.queries.stream({ run, cursor: rest.cursor, limit: 2 })).toEqual({
    rows: [],
    cursor: rest.cursor,
  });
});
