import type { ServerLoad } from '../../../coordination/ports/index.js';
import { WHOLE_SERVER } from '../../sql/server-load.js';
import { rowsPart } from '../../sql/part.js';
import type { Statement } from '../../sql/statement.js';

/** Sessions add to rows of their own, so that commits do not wait for each other; two that share them only wait. */
const LANES = 64;

const sum = (w: string): string => `INSERT INTO server_load AS l (instance, server, lane, waiting, unfinished)
   SELECT instance, server, pg_backend_pid() % ${LANES}, waiting, unfinished FROM ${w}
   ON CONFLICT (instance, server, lane) DO UPDATE SET waiting = l.waiting + excluded.waiting,
     unfinished = l.unfinished + excluded.unfinished`;

const add = rowsPart<ServerLoad>({
  name: 'server_load_add',
  columns: {
    instance: ['text', ({ instance }) => instance ?? WHOLE_SERVER],
    server: ['text', ({ server }) => server],
    waiting: ['int', ({ waiting }) => waiting],
    unfinished: ['int', ({ unfinished }) => unfinished],
  },
  order: 'instance, server',
  many: sum,
  changes: (w) => `loaded AS (${sum(w)} RETURNING 1)`,
  answers: () => '(SELECT count(*) FROM loaded)',
});

/** What servers have more, or less, since this batch. */
export const writeServerLoad = (load: readonly ServerLoad[]): Statement[] =>
  load.length === 0 ? [] : [add(load)];
