import type { ServerLoad } from '../../../coordination/ports/index.js';
import { WHOLE_SERVER } from '../../sql/server-load.js';
import { prepared, sideBySide, type Statement } from '../../sql/statement.js';

/** Sessions add to rows of their own, so that commits do not wait for each other; two that share them only wait. */
const LANES = 64;

const add = prepared(
  'server_load_add',
  `INSERT INTO server_load AS l (instance, server, lane, waiting, unfinished)
   SELECT instance, server, pg_backend_pid() % ${LANES}, waiting, unfinished
   FROM ${sideBySide({ instance: 'text', server: 'text', waiting: 'int', unfinished: 'int' })}
   ORDER BY instance, server
   ON CONFLICT (instance, server, lane) DO UPDATE SET waiting = l.waiting + excluded.waiting,
     unfinished = l.unfinished + excluded.unfinished`,
);

/** What servers have more, or less, since this batch. */
export function writeServerLoad(load: readonly ServerLoad[]): Statement[] {
  if (load.length === 0) return [];
  return [
    add(
      load.map(({ instance }) => instance ?? WHOLE_SERVER),
      load.map(({ server }) => server),
      load.map(({ waiting }) => waiting),
      load.map(({ unfinished }) => unfinished),
    ),
  ];
}
