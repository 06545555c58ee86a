import type { DataSource } from 'typeorm';
import {
  InvalidCursor,
  type FailureFilter,
  type FailureView,
  type Page,
} from '../../coordination/ports/index.js';
import { at } from '../sql/time.js';
import { UUID } from '../sql/run-id.js';
import { BIG, COUNT, decodeCursor, encodeCursor } from './cursor.js';
import { FAILURE_SOURCES, type FailureSource } from './failure-sources.js';

interface Row extends Omit<FailureView, 'at'> {
  readonly at: Date;
  /** Microseconds: rows of one millisecond are told apart. */
  readonly us: string;
  readonly rank: number;
  readonly k1: string;
  readonly k2: number;
}

/** The last row of the page before. */
interface Place {
  readonly us: string;
  readonly rank: number;
  readonly k1: string;
  readonly k2: string;
}

/** Exactly representable microseconds since the epoch. */
const MICROSECONDS = /^\d{1,16}$/;
const NO_SEQ = '0';

function placeOf(cursor: string): Place {
  const [us, rank, k1, k2] = decodeCursor(cursor, [MICROSECONDS, /^\d$/, /^[0-9a-f-]{1,36}$/, COUNT]);
  const source = FAILURE_SOURCES[Number(rank)];
  if (!source || !(source.key.length === 1 ? BIG : UUID).test(k1) || Number(k2) > 2 ** 31 - 1)
    throw new InvalidCursor('this cursor does not come from this list');
  return { us, rank: Number(rank), k1, k2 };
}

/** Rows behind the place, in the order (time, rank of the source, key), newest first. */
function behind(source: FailureSource, rank: number, place: Place, parameter: (value: unknown) => string) {
  const { time, key } = source;
  const then = `('epoch'::timestamptz + ${parameter(place.us)}::float8 * interval '1 microsecond')`;
  if (rank < place.rank) return `${time} < ${then}`;
  if (rank > place.rank) return `${time} <= ${then}`;
  if (key.length === 1) return `(${time}, id) < (${then}, ${parameter(place.k1)}::bigint)`;
  return `(${time}, run, seq) < (${then}, ${parameter(place.k1)}::uuid, ${parameter(place.k2)}::int)`;
}

function selectOf(
  source: FailureSource,
  filter: FailureFilter,
  place: Place | null,
  parameter: (value: unknown) => string,
): string {
  const { kind, from, where, time, key, columns } = source;
  const rank = FAILURE_SOURCES.indexOf(source);
  const conditions = [
    ...(where === '' ? [] : [where]),
    ...(filter.server === undefined ? [] : [source.ofServer(`${parameter(filter.server)}::text`)]),
    ...(filter.since === undefined ? [] : [`${time} >= ${at(`${parameter(filter.since)}::float8`)}`]),
    ...(place === null ? [] : [behind(source, rank, place, parameter)]),
  ];
  const keys = key.length === 1 ? `id::text AS k1, ${NO_SEQ} AS k2` : 'run::text AS k1, seq AS k2';
  return `(SELECT '${kind}' AS kind, ${time} AS at, (extract(epoch FROM ${time}) * 1000000)::bigint::text AS us,
      ${rank} AS rank, ${keys}, ${columns}
    FROM ${from} ${conditions.length > 0 ? `WHERE ${conditions.join(' AND ')}` : ''}
    ORDER BY ${[time, ...key].map((column) => `${from}.${column} DESC`).join(', ')}
    LIMIT ${parameter(filter.limit + 1)}::int)`;
}

/** Of each source its newest ones, by its index. */
export function failuresQuery(filter: FailureFilter): { readonly text: string; readonly values: unknown[] } {
  const place = filter.cursor === undefined ? null : placeOf(filter.cursor);
  const sources = FAILURE_SOURCES.filter(({ kind }) => filter.kind === undefined || kind === filter.kind);
  const values: unknown[] = [];
  const parameter = (value: unknown): string => `$${values.push(value)}`;
  const selects = sources.map((one) => selectOf(one, filter, place, parameter));
  return { text: selects.join('\nUNION ALL\n'), values };
}

/**
 * Of all sources the newest.
 * @throws InvalidCursor
 */
export async function listFailures(source: DataSource, filter: FailureFilter): Promise<Page<FailureView>> {
  const { text, values } = failuresQuery(filter);
  const rows: readonly Row[] = await source.query(text, values);
  const sorted = [...rows].sort(newestFirst);
  const items = sorted.slice(0, filter.limit);
  const last = items.at(-1);
  const more = sorted.length > filter.limit && last !== undefined;
  return {
    items: items.map(viewOf),
    next: more ? encodeCursor(last.us, last.rank, last.k1, last.k2) : null,
  };
}

function newestFirst(a: Row, b: Row): number {
  if (a.us !== b.us) return BigInt(a.us) > BigInt(b.us) ? -1 : 1;
  if (a.rank !== b.rank) return a.rank - b.rank;
  if (a.k1 !== b.k1)
    return a.k1.length - b.k1.length === 0 ? (a.k1 > b.k1 ? -1 : 1) : b.k1.length - a.k1.length;
  return b.k2 - a.k2;
}

const viewOf = ({ us: _us, rank: _rank, k1: _k1, k2: _k2, ...row }: Row): FailureView => ({
  ...row,
  at: row.at.toISOString(),
});
