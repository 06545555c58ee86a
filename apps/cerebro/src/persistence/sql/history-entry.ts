import type { HistoryRow } from '@cordyna/engine';
import { StoreRefused } from '../../coordination/ports/index.js';
import { storable } from './stored-text.js';

/** Entries of one row at most, so that nobody who wants a few of them unfolds very many. */
const MAX_ENTRIES = 500;
/** 4714 BC, and the last time of JavaScript. */
const MIN_TIME_MS = -210_866_803_200_000;
const MAX_TIME_MS = 8_640_000_000_000_000;

/** Rows of a run, in parts that are one row each of `history_parts`: in them each `seq` is one more than that before. */
export function partsOf(rows: readonly HistoryRow[]): readonly (readonly HistoryRow[])[] {
  const parts: HistoryRow[][] = [];
  for (const row of rows) {
    const part = parts.at(-1);
    if (part && part.length < MAX_ENTRIES && part.at(-1)?.seq === row.seq - 1) part.push(row);
    else parts.push([row]);
  }
  return parts;
}

/** Within what a timestamptz holds, which the view makes of it: https://www.postgresql.org/docs/current/datatype-datetime.html */
function timeOf({ at, seq }: HistoryRow): number {
  if (at >= MIN_TIME_MS && at <= MAX_TIME_MS) return at;
  throw new StoreRefused(`entry ${seq} of a history has the time ${at}`);
}

/**
 * Each entry is a list in the order of the view `history`, which unfolds them; its `seq` follows from its place.
 * It is a text, for which PostgreSQL has nothing to do, until somebody reads it.
 * @throws StoreRefused a time or a text that PostgreSQL does not know
 */
export const entriesText = (rows: readonly HistoryRow[]): string =>
  storable(
    JSON.stringify(
      rows.map((row) => [
        timeOf(row),
        row.source,
        row.type,
        row.task,
        row.item,
        row.attempt,
        row.applied,
        row.reason,
        row.topic,
        row.partition,
        row.offset,
        row.data,
      ]),
    ),
  );

type Entry = readonly [
  ...[at: number, source: string, type: string, task: string | null, item: number | null],
  ...[attempt: number | null, applied: boolean, reason: string | null, topic: string | null],
  ...[partition: number | null, offset: string | null, data: HistoryRow['data']],
];

/** What `entriesText` made the text of. */
export const entriesOf = (text: string, firstSeq: number): HistoryRow[] =>
  (JSON.parse(text) as readonly Entry[]).map(
    ([at, source, type, task, item, attempt, applied, reason, topic, partition, offset, data], place) => ({
      ...{ seq: firstSeq + place, at, source, type, task, item, attempt, applied, reason },
      ...{ topic, partition, offset, data },
    }),
  );
