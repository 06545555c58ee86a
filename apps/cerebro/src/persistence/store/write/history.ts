import type { HistoryRow } from '@cordyna/engine';
import type { RunChange } from '../../../coordination/ports/index.js';
import { failureOf, type FailureRow } from '../../sql/failure-row.js';
import { entriesText, partsOf } from '../../sql/history-entry.js';
import { rowsPart } from '../../sql/part.js';
import { prepared, type Statement } from '../../sql/statement.js';

const insertFailures = prepared(
  'history_failures_insert',
  `INSERT INTO history_failures (run, seq, kind, server, instance, task, attempt, reason, detail, topic, partition,
     "offset")
   SELECT * FROM unnest($1::uuid[], $2::int[], $3::text[], $4::text[], $5::text[], $6::text[], $7::bigint[],
     $8::text[], $9::text[], $10::text[], $11::int[], $12::bigint[])`,
);

interface Part {
  readonly run: string;
  readonly rows: readonly HistoryRow[];
}

const PARTS = 'INSERT INTO history_parts (run, first_seq, last_seq, entries) SELECT * FROM';
const insert = rowsPart<Part>({
  name: 'history_insert',
  columns: {
    run: ['uuid', ({ run }) => run],
    first_seq: ['int', ({ rows }) => rows[0]?.seq ?? null],
    last_seq: ['int', ({ rows }) => rows.at(-1)?.seq ?? null],
    entries: ['text', ({ rows }) => entriesText(rows)],
  },
  many: (w) => `${PARTS} ${w}`,
  changes: (w) => `told AS (${PARTS} ${w} RETURNING 1)`,
  answers: () => '(SELECT count(*) FROM told)',
});

/** What a commit adds to a run's history is one row, or a few; failures are listed apart, as they are looked for. */
export function writeHistory(changes: readonly RunChange[]): Statement[] {
  const parts: Part[] = [];
  const failures: FailureRow[] = [];
  for (const { run, rows } of changes) {
    const id = run.seed.run;
    for (const part of partsOf(rows)) parts.push({ run: id, rows: part });
    for (const row of rows) {
      const failure = failureOf(id, row);
      if (failure) failures.push(failure);
    }
  }
  if (parts.length === 0) return [];
  const written = insert(parts);
  return failures.length === 0 ? [written] : [written, failed(failures)];
}

const failed = (rows: readonly FailureRow[]): Statement =>
  insertFailures(
    rows.map(({ run }) => run),
    rows.map(({ seq }) => seq),
    rows.map(({ kind }) => kind),
    rows.map(({ server }) => server),
    rows.map(({ instance }) => instance),
    rows.map(({ task }) => task),
    rows.map(({ attempt }) => attempt),
    rows.map(({ reason }) => reason),
    rows.map(({ detail }) => detail),
    rows.map(({ topic }) => topic),
    rows.map(({ partition }) => partition),
    rows.map(({ offset }) => offset),
  );
