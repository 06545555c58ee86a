import type { Changes, RunChange } from '../../../coordination/ports/index.js';
import { rowsPart } from '../../sql/part.js';
import { prepared, sideBySide, type Statement } from '../../sql/statement.js';
import { at } from '../../sql/time.js';
import { isRunId } from '../../sql/run-id.js';
import { seedText } from '../../sql/seeds.js';

/** What changes of a run, but for its version; and what does not. */
const HEAD = { state: 'text', finished_at: 'float8', next_seq: 'int', retried: 'bool' };
const SEED = {
  task: 'text',
  job: 'text',
  scope: 'text',
  trigger: 'jsonb',
  content_hash: 'text',
  created_at: 'float8',
};

// Rows are written in the order in which everybody locks them: to lock them beforehand would be a second write of each.
const update = rowsPart<RunChange>({
  name: 'runs_update',
  columns: {
    id: ['uuid', ({ run }) => run.seed.run],
    version: ['bigint', ({ expectedVersion }) => expectedVersion],
    state: [HEAD.state, ({ run }) => run.state],
    finished_at: [HEAD.finished_at, ({ run }) => run.finishedAt],
    next_seq: [HEAD.next_seq, ({ run }) => run.nextSeq],
    retried: [HEAD.retried, ({ run }) => run.retried],
  },
  order: 'id',
  changes: (w) => `raised AS (
     UPDATE runs r SET version = r.version + 1, state = w.state, finished_at = ${at('w.finished_at')},
       next_seq = w.next_seq, retried = w.retried
     FROM ${w}
     WHERE r.id = w.id AND r.version = w.version
     RETURNING 1
   )`,
  answers: (count) => `cordyna_expect((SELECT count(*) FROM raised), ${count}, 'runs')`,
});

const insert = prepared(
  'runs_insert',
  `WITH inserted AS (
     INSERT INTO runs (id, version, state, task, job, scope, trigger, content_hash, created_at, finished_at, next_seq,
       retried)
     SELECT id, 1, state, task, job, scope, trigger, content_hash, ${at('created_at')}, ${at('finished_at')}, next_seq,
       retried
     FROM ${sideBySide({ id: 'uuid', ...SEED, ...HEAD })}
     ORDER BY id
     ON CONFLICT DO NOTHING
     RETURNING 1
   )
   SELECT cordyna_expect(count(*), $12, 'new runs') FROM inserted`,
);

const insertSeeds = prepared(
  'run_seeds_insert',
  `INSERT INTO run_seeds (run, seed) SELECT run, seed FROM ${sideBySide({ run: 'uuid', seed: 'text' })}`,
);

const absent = prepared(
  'runs_absent',
  `SELECT cordyna_expect(count(*), 0, 'absent runs') FROM runs WHERE id = ANY ($1::uuid[])`,
);

function insertRuns(changes: readonly RunChange[]): Statement[] {
  const ids = changes.map(({ run }) => run.seed.run);
  const runs = insert(
    ids,
    changes.map(({ seed }) => seed.task),
    changes.map(({ seed }) => seed.job),
    changes.map(({ seed }) => seed.scope),
    changes.map(({ seed }) => JSON.stringify(seed.trigger)),
    changes.map(({ contentHash }) => contentHash),
    changes.map(({ run }) => run.createdAt),
    changes.map(({ run }) => run.state),
    changes.map(({ run }) => run.finishedAt),
    changes.map(({ run }) => run.nextSeq),
    changes.map(({ run }) => run.retried),
    changes.length,
  );
  const seeds = insertSeeds(
    ids,
    changes.map(({ seed }) => seedText(seed)),
  );
  return [runs, seeds];
}

/** Compares the version of each run with the one that was read, raises it, and creates what is new with version 1. */
export function writeRuns({ runs, absentRuns }: Pick<Changes, 'runs' | 'absentRuns'>): Statement[] {
  const statements: Statement[] = [];
  const known = runs.filter(({ expectedVersion }) => expectedVersion !== null);
  const created = runs.filter(({ expectedVersion }) => expectedVersion === null);
  if (known.length > 0) statements.push(update(known));
  // What cannot be the id of a run is absent for ever.
  const wantedAbsent = absentRuns.filter(isRunId);
  if (wantedAbsent.length > 0) statements.push(absent(wantedAbsent));
  if (created.length > 0) statements.push(...insertRuns(created));
  return statements;
}
