import type { RunChange, ServerWork } from '../../../coordination/ports/index.js';
import { prepared, sideBySide, type Statement } from '../../sql/statement.js';

// The lock on its run holds everybody else off, so that the order does not matter.
const upsert = prepared(
  'run_servers_upsert',
  `INSERT INTO run_servers (run, server, has_pending, is_open, unfinished, instances)
   SELECT run, server, has_pending, unfinished > 0, unfinished, coalesce(instances, '[]')
   FROM ${sideBySide({ run: 'uuid', server: 'text', has_pending: 'bool', unfinished: 'int', instances: 'jsonb' })}
   ON CONFLICT (server, run) DO UPDATE SET has_pending = excluded.has_pending, is_open = excluded.is_open,
     unfinished = excluded.unfinished, instances = excluded.instances`,
);

// Row by row in the index, whatever the statistics of a table say whose rows live for moments: a join reads all of it.
const remove = prepared(
  'run_servers_remove',
  `DELETE FROM run_servers WHERE ctid = ANY (ARRAY(
     SELECT s.ctid FROM ${sideBySide({ run: 'uuid', server: 'text' })} CROSS JOIN LATERAL (
       SELECT r.ctid FROM run_servers r WHERE r.run = w.run AND r.server = w.server OFFSET 0
     ) AS s
   ))`,
);

const isNothing = ({ hasPending, unfinished }: ServerWork): boolean => !hasPending && unfinished === 0;

/** What runs have at servers since this batch, where it is not what they had. */
export function writeServerWork(changes: readonly RunChange[]): Statement[] {
  const all = changes.flatMap(({ run, work }) => work.map((one) => ({ run: run.seed.run, one })));
  const kept = all.filter(({ one }) => !isNothing(one));
  const ended = all.filter(({ one }) => isNothing(one));
  const statements: Statement[] = [];
  if (kept.length > 0)
    statements.push(
      upsert(
        kept.map(({ run }) => run),
        kept.map(({ one }) => one.server),
        kept.map(({ one }) => one.hasPending),
        kept.map(({ one }) => one.unfinished),
        kept.map(({ one }) => (one.instances.length === 0 ? null : JSON.stringify(one.instances))),
      ),
    );
  if (ended.length > 0)
    statements.push(
      remove(
        ended.map(({ run }) => run),
        ended.map(({ one }) => one.server),
      ),
    );
  return statements;
}
