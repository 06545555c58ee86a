import type { HistoryRow } from '@cordyna/engine';
import type { RunChange } from '../../../coordination/ports/index.js';
import { prepared, type Statement } from '../../sql/statement.js';
import { at } from '../../sql/time.js';

const insert = prepared(
  'history_insert',
  `INSERT INTO history (run, seq, at, source, type, task, item, attempt, applied, reason, topic, partition, "offset",
     data)
   SELECT run, seq, ${at('at')}, source, type, task, item, attempt, applied, reason, topic, partition, "offset",
     data
   FROM unnest($1::uuid[], $2::int[], $3::float8[], $4::text[], $5::text[], $6::text[], $7::int[], $8::bigint[],
     $9::bool[], $10::text[], $11::text[], $12::int[], $13::bigint[], $14::jsonb[])
     AS w (run, seq, at, source, type, task, item, attempt, applied, reason, topic, partition, "offset", data)`,
);

export function writeHistory(changes: readonly RunChange[]): Statement[] {
  const runs: string[] = [];
  const rows: HistoryRow[] = [];
  for (const { run, rows: added } of changes) {
    for (const row of added) {
      runs.push(run.seed.run);
      rows.push(row);
    }
  }
  if (rows.length === 0) return [];
  return [
    insert(
      runs,
      rows.map(({ seq }) => seq),
      rows.map((row) => row.at),
      rows.map(({ source }) => source),
      rows.map(({ type }) => type),
      rows.map(({ task }) => task),
      rows.map(({ item }) => item),
      rows.map(({ attempt }) => attempt),
      rows.map(({ applied }) => applied),
      rows.map(({ reason }) => reason),
      rows.map(({ topic }) => topic),
      rows.map(({ partition }) => partition),
      rows.map(({ offset }) => offset),
      rows.map(({ data }) => JSON.stringify(data)),
    ),
  ];
}
