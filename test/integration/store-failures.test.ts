import { awaitUntil, privatePostgres, type PrivatePostgres } from '@cordyna/testkit';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import {
  Conflict,
  StoreUnavailable,
  UnknownOutcome,
  type Changes,
} from '../../apps/cerebro/src/coordination/ports/index.js';
import {
  changesOf,
  message,
  needsOf,
  runChange,
  runOf,
  seedOf,
} from '../../apps/cerebro/test/persistence/support/builders.js';
import { openDatabase, type Opened } from '../../apps/cerebro/test/persistence/support/opened.js';
import type { Persistence } from '../../apps/cerebro/src/persistence/index.js';

let server: PrivatePostgres;
let db: Opened;
let proxied: Persistence;
beforeAll(async () => {
  server = await privatePostgres();
  db = await openDatabase(server.url);
  proxied = db.another(server.proxiedUrl);
}, 60_000);
afterAll(async () => {
  await db.closeAll();
});

const creation = (seed = seedOf(['a.one'])): Partial<Changes> & { run: string } => ({
  run: seed.run,
  runs: [runChange(runOf(seed), null)],
  outbox: [message(`of-${seed.run}`)],
});
const commit = (to: Persistence, { runs = [], outbox = [] }: Partial<Changes>) =>
  to.store.commit(changesOf({ runs, outbox }));
const exists = async (run: string): Promise<boolean> =>
  (await db.sql.query('SELECT 1 FROM runs WHERE id = $1', [run])).rows.length === 1;

test('a connection that is lost after the commit gives an unknown outcome; what was written is there', async () => {
  await commit(proxied, creation());
  const { run, ...changes } = creation();
  server.proxy.hold('toClient');
  const outcome = expect(commit(proxied, changes)).rejects.toThrow(UnknownOutcome);
  // Not one answer has come back: the whole transaction left in one piece.
  await awaitUntil('the transaction is committed', () => exists(run));
  server.proxy.reset();
  server.proxy.release();
  await outcome;
  expect((await proxied.store.load(needsOf({ runs: [run] }))).runs.get(run)?.version).toBe(1);
  await expect(commit(proxied, changes)).rejects.toThrow(Conflict);
});

test('a connection that is lost before anything arrives gives an unknown outcome too, and nothing is written', async () => {
  await commit(proxied, creation());
  const { run, ...changes } = creation();
  server.proxy.hold('toServer');
  const outcome = expect(commit(proxied, changes)).rejects.toThrow(UnknownOutcome);
  await awaitUntil('the transaction is under way', () => server.proxy.heldBytes('toServer') > 0);
  server.proxy.reset();
  server.proxy.release();
  await outcome;
  await awaitUntil(
    'the same changes can be saved',
    async () => (await commit(proxied, changes)).outbox?.messages.length === 1,
  );
  expect(await exists(run)).toBe(true);
});

async function heldRun(): Promise<{ run: string; changes: Partial<Changes> }> {
  const seed = seedOf(['a.one']);
  await commit(db, { runs: [runChange(runOf(seed), null)] });
  await db.sql.query('BEGIN');
  await db.sql.query('SELECT 1 FROM runs WHERE id = $1 FOR UPDATE', [seed.run]);
  return { run: seed.run, changes: { runs: [runChange(runOf(seed), 1)], outbox: [message('held')] } };
}

const wasTerminated = (error: unknown): boolean =>
  error instanceof Error && error.message.startsWith('57P01');

test('a session that is ended before COMMIT is reached has written nothing, and says so', async () => {
  const { changes } = await heldRun();
  const failures: unknown[] = [];
  // Until then it may run into the limit of waiting for a lock.
  const ended = (async () => {
    while (!failures.some(wasTerminated) && failures.length < 20)
      await commit(db, changes).catch((error) => failures.push(error));
  })();
  await awaitUntil('the waiting session is ended', async () => {
    await db.sql.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
       WHERE application_name = 'coordinator-0' AND wait_event_type = 'Lock'`,
    );
    return failures.some(wasTerminated);
  });
  await ended;
  for (const failure of failures) expect(failure).toBeInstanceOf(StoreUnavailable);
  await db.sql.query('ROLLBACK');
  expect((await commit(db, changes)).outbox?.messages).toHaveLength(1);
});

test('a lock that is held stops a commit for one second at most', async () => {
  const { changes } = await heldRun();
  const began = performance.now();
  await expect(commit(db, changes)).rejects.toThrow(StoreUnavailable);
  const tookMs = performance.now() - began;
  expect(tookMs).toBeGreaterThan(900);
  expect(tookMs).toBeLessThan(4_500);
  await db.sql.query('ROLLBACK');
  await commit(db, changes);
});

test('a PostgreSQL that stops answering is given up on; what it still had in hand meets the versions', async () => {
  const { run, ...changes } = creation();
  await commit(proxied, creation());
  await server.postgres.pause();
  const began = performance.now();
  await expect(commit(proxied, changes)).rejects.toThrow(UnknownOutcome);
  expect(performance.now() - began).toBeLessThan(12_000);
  await server.postgres.resume();
  const settled = await awaitUntil('it is known what became of it', async () => {
    try {
      await commit(db, changes);
      return 'saved now';
    } catch (error) {
      return error instanceof Conflict && 'saved before';
    }
  });
  expect(['saved now', 'saved before']).toContain(settled);
  expect(await exists(run)).toBe(true);
  const { rows } = await db.sql.query('SELECT 1 FROM outbox WHERE strpos(heads, $1) > 0', [`"of-${run}"`]);
  expect(rows).toHaveLength(1);
}, 30_000);

test('a restart of PostgreSQL is survived by every pool', async () => {
  const { run, ...changes } = creation();
  await commit(db, changes);
  await Promise.all([db.now(), db.queries.run(run)]);
  await server.postgres.stop();
  await expect(commit(db, creation())).rejects.toThrow(StoreUnavailable);
  await expect(db.store.load(needsOf({ runs: [run] }))).rejects.toThrow(StoreUnavailable);
  await expect(db.now()).rejects.toThrow(StoreUnavailable);
  await expect(db.queries.run(run)).rejects.toThrow(StoreUnavailable);
  const late = db.another();
  await expect(late.queries.run(run)).rejects.toThrow(StoreUnavailable);
  await server.postgres.start();
  await awaitUntil('the store is back', async () =>
    (await db.store.load(needsOf({ runs: [run] }))).runs.has(run),
  );
  await awaitUntil('the timers are back', () => db.now());
  await awaitUntil('the queries are back', () => db.queries.run(run));
  await commit(db, creation());
  expect((await late.queries.run(run))?.run).toBe(run);
}, 60_000);
