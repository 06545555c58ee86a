import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { awaitUntil } from '@cordyna/testkit';
import { createPersistence, type Persistence } from '../../apps/cerebro/src/persistence/index.js';
import { openDatabase, type Opened } from '../../apps/cerebro/test/persistence/support/opened.js';

const SILENT_MS = 300;

let db: Opened;
const open = new Set<Persistence>();
beforeAll(async () => {
  db = await openDatabase();
  await db.peers.sign({ instance: 'watcher', member: 'watcher-1' }, SILENT_MS);
});
afterAll(async () => {
  await Promise.all([...open].map((one) => one.close()));
  await db.closeAll();
});

/** A coordinator that has signed once. */
async function signed(instance: string, member: string | null = `${instance}-1`): Promise<Persistence> {
  const other = createPersistence({ url: db.url, applicationName: instance });
  open.add(other);
  await other.peers.sign({ instance, member }, SILENT_MS);
  return other;
}

async function end(one: Persistence): Promise<void> {
  open.delete(one);
  await one.close();
}

/** What the watcher is told when it signs. */
const seen = () => db.peers.sign({ instance: 'watcher', member: 'watcher-1' }, SILENT_MS);

const taken = async (silentMs = SILENT_MS): Promise<string[]> =>
  (await db.peers.takeGone('watcher', silentMs)).map(({ member }) => member);

const untilTaken = (member: string): Promise<unknown> =>
  awaitUntil(`${member} is taken`, async () => (await taken()).includes(member));

/** Long enough for one that is gone to be found so. */
const silence = (): Promise<unknown> => db.sql.query('SELECT pg_sleep($1::float8 / 1000)', [SILENT_MS + 100]);

describe('of the coordinators that signed', () => {
  test('one whose session has ended and that is silent is given once, to one of those who ask', async () => {
    const gone = await signed('killed');
    const witness = await signed('witness');
    await end(gone);
    expect(await taken()).toEqual([]);
    expect(await seen()).toEqual({
      others: expect.arrayContaining(['killed', 'witness']),
      isAnySilent: false,
    });
    await silence();
    expect((await seen()).isAnySilent).toBe(true);
    const all = await Promise.all([
      db.peers.takeGone('watcher', SILENT_MS),
      witness.peers.takeGone('witness', SILENT_MS),
    ]);
    expect(all.flat()).toEqual([{ instance: 'killed', member: 'killed-1' }]);
    expect(await taken()).toEqual([]);
    await witness.peers.sign({ instance: 'witness', member: 'witness-1' }, SILENT_MS);
    expect(await seen()).toEqual({ others: ['witness'], isAnySilent: false });
    await witness.peers.leave('witness');
    await end(witness);
  });

  test('one that says nothing and whose session is open is left alone: it may only be stopped', async () => {
    const stopped = await signed('stopped');
    await silence();
    expect(await taken()).toEqual([]);
    await end(stopped);
    await untilTaken('stopped-1');
  });

  test('one whose session broke and that signs on another one is left alone', async () => {
    const broken = await signed('broken');
    await db.sql.query(
      `SELECT pg_terminate_backend(session_pid) FROM coordinators WHERE instance = 'broken'`,
    );
    await awaitUntil('it signs again', () =>
      broken.peers.sign({ instance: 'broken', member: 'broken-1' }, SILENT_MS).then(() => true),
    );
    await silence();
    expect(await taken()).toEqual([]);
  });

  test('one is taken out once within a minute, by whatever member it is known then', async () => {
    await end(await signed('flapping'));
    await untilTaken('flapping-1');
    await end(await signed('flapping', 'flapping-2'));
    await silence();
    expect(await taken()).toEqual([]);
    await db.sql.query(
      `UPDATE coordinators SET taken_out_at = now() - interval '1 minute' WHERE instance = 'flapping'`,
    );
    await untilTaken('flapping-2');
  });

  test('one that ended in order, or never joined, is nobody to be taken out', async () => {
    const ended = await signed('ended');
    await ended.peers.leave('ended');
    const unjoined = await signed('unjoined', null);
    await Promise.all([end(ended), end(unjoined)]);
    await silence();
    expect(await taken()).toEqual([]);
  });

  test('none is taken by one whose own session is young: the others may be on their way back', async () => {
    await end(await signed('before'));
    const young = db.another();
    await silence();
    expect(await young.peers.takeGone('young', SILENT_MS)).toEqual([]);
    await untilTaken('before-1');
  });

  test('those of yesterday are forgotten', async () => {
    await end(await signed('old'));
    await db.sql.query(
      `UPDATE coordinators SET signed_at = now() - interval '25 hours' WHERE instance = 'old'`,
    );
    expect((await seen()).isAnySilent).toBe(true);
    expect(await taken()).toEqual([]);
    const { rowCount } = await db.sql.query(`SELECT FROM coordinators WHERE instance = 'old'`);
    expect(rowCount).toBe(0);
  });
});
