import type { DataSource } from 'typeorm';
import { InvalidCursor, type HistoryView } from '../../coordination/ports/index.js';
import { HistoryEntity } from '../entities/index.js';
import { BIG, COUNT, decodeCursor, encodeCursor } from './cursor.js';
import { historyViewOf, rowsOfRun } from './history.js';
import { UUID, isRunId } from '../sql/run-id.js';

export interface Streamed {
  readonly rows: readonly { readonly cursor: string; readonly run: string; readonly row: HistoryView }[];
  readonly cursor: string;
}

const NO_RUN = '00000000-0000-0000-0000-000000000000';

interface Place {
  readonly xid: string;
  readonly run: string;
  readonly seq: string;
}

const cursorOf = ({ xid, run, seq }: { xid: string; run: string; seq: string | number }): string =>
  encodeCursor('all', xid, run, seq);

/** Transactions below this have all ended: no row with such an xid can still appear. */
async function horizon(source: DataSource): Promise<string> {
  const rows: readonly { xmin: string }[] = await source.query(
    'SELECT pg_snapshot_xmin(pg_current_snapshot())::text AS xmin',
  );
  return rows[0]?.xmin ?? '0';
}

/**
 * One run: its rows are written under its version, so `seq` is the order in which they were committed.
 * @throws InvalidCursor
 */
export async function streamRun(
  source: DataSource,
  run: string,
  cursor: string | undefined,
  limit: number,
): Promise<Streamed> {
  if (!isRunId(run)) throw new InvalidCursor('this is not the id of a run');
  const after = cursor === undefined ? 0 : Number(decodeCursor(cursor, [/^run$/, COUNT])[1]);
  const found = await rowsOfRun(source, run, after, limit);
  const rows = found.map((row) => ({ cursor: encodeCursor('run', row.seq), run, row: historyViewOf(row) }));
  return { rows, cursor: rows.at(-1)?.cursor ?? encodeCursor('run', after) };
}

/**
 * All runs, ordered by transaction. Sequences and clocks are not the order of commits: a transaction that began earlier
 * may commit later. So rows are given only below the oldest transaction that is still open.
 * @throws InvalidCursor
 */
export async function streamAll(
  source: DataSource,
  cursor: string | undefined,
  limit: number,
): Promise<Streamed> {
  const end = await horizon(source);
  // What comes has at least this xid: the place just before it.
  const present: Place = { xid: end, run: NO_RUN, seq: '0' };
  if (cursor === undefined) return { rows: [], cursor: cursorOf(present) };
  const [, xid, run, seq] = decodeCursor(cursor, [/^all$/, BIG, UUID, COUNT]);
  const found = await source
    .createQueryBuilder(HistoryEntity, 'h')
    .where('h.xid < :end::xid8', { end })
    // What the index knows; the entry itself is known once its row is unfolded.
    .andWhere('(h.xid, h.run) >= (:xid::xid8, :run::uuid)')
    .andWhere('(h.xid, h.run, h.seq) > (:xid::xid8, :run::uuid, :seq::int)', { xid, run, seq })
    .orderBy('h.xid')
    .addOrderBy('h.run')
    .addOrderBy('h.firstSeq')
    .addOrderBy('h.seq')
    .limit(limit)
    .getMany();
  const rows = found.map((row) => ({ cursor: cursorOf(row), run: row.run, row: historyViewOf(row) }));
  if (rows.length > 0) return { rows, cursor: rows.at(-1)?.cursor ?? cursor };
  return { rows, cursor: BigInt(end) > BigInt(xid) ? cursorOf(present) : cursor };
}
