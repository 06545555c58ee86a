import type { DeadLetterRow } from '../../../coordination/ports/index.js';
import { prepared, type Statement } from '../../sql/statement.js';

const insert = prepared(
  'dead_letters_insert',
  `INSERT INTO dead_letters (reason, detail, topic, partition, "offset", key, value, truncated)
   SELECT reason, detail, topic, partition, "offset", key, value, truncated
   FROM unnest($1::text[], $2::text[], $3::text[], $4::int[], $5::bigint[], $6::bytea[], $7::bytea[], $8::bool[])
     WITH ORDINALITY AS w (reason, detail, topic, partition, "offset", key, value, truncated, n)
   ORDER BY n`,
);

// A detail may quote what was refused, and text holds no NUL.
const NUL = String.fromCharCode(0);
const printable = (detail: string): string => detail.replaceAll(NUL, '\uFFFD');

export function writeDeadLetters(rows: readonly DeadLetterRow[]): Statement[] {
  if (rows.length === 0) return [];
  return [
    insert(
      rows.map(({ reason }) => reason),
      rows.map(({ detail }) => printable(detail)),
      rows.map(({ topic }) => topic),
      rows.map(({ partition }) => partition),
      rows.map(({ offset }) => String(offset)),
      rows.map(({ key }) => key),
      rows.map(({ value }) => value),
      rows.map(({ truncated }) => truncated),
    ),
  ];
}
