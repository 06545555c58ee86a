import type { FailureKind } from '../../coordination/ports/index.js';
import {
  ROW_SERVER,
  WATCHDOG_KIND,
  WATCHDOG_ROW,
} from '../migrations/1763712000000-retention-and-failures.js';

/** One place where failures are stored; an index leads to them by time, and to those of one server. */
export interface FailureSource {
  readonly kind: FailureKind;
  readonly from: string;
  /** Of the index, word for word; empty: all rows. */
  readonly where: string;
  readonly time: string;
  /** Tells rows of one moment apart; as in the index, behind the time. */
  readonly key: readonly ['id'] | readonly ['run', 'seq'];
  /** The condition for one server, `$n` for its name. */
  readonly ofServer: (parameter: string) => string;
  readonly columns: string;
}

const HISTORY_COLUMNS = `nullif(${ROW_SERVER}, '') AS server, data->>'instance' AS instance, task,
  attempt::float8 AS attempt, run::text AS run, seq, topic, partition, "offset"::text AS "offset"`;
const ofTask = (parameter: string): string => `${ROW_SERVER} = ${parameter}`;
const NO_RUN = 'NULL::text AS task, NULL::float8 AS attempt, NULL::text AS run, NULL::int AS seq';

const watchdog = (kind: FailureKind): FailureSource => ({
  kind,
  from: 'history',
  where: `${WATCHDOG_KIND} = '${kind}' AND ${WATCHDOG_ROW}`,
  time: 'recorded_at',
  key: ['run', 'seq'],
  ofServer: ofTask,
  columns: `data #>> '{error,code}' AS reason, coalesce(data #>> '{error,message}', '') AS detail, ${HISTORY_COLUMNS}`,
});

/** In the order in which failures of the same moment are listed. */
export const FAILURE_SOURCES: readonly FailureSource[] = [
  {
    kind: 'lost',
    from: 'lost_instances',
    where: '',
    time: 'at',
    key: ['id'],
    ofServer: (parameter) => `server = ${parameter}`,
    columns: `'instance_lost' AS reason,
      'no sign of life since ' || to_char(last_seen AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS detail,
      server, instance, ${NO_RUN}, NULL::text AS topic, NULL::int AS partition, NULL::text AS "offset"`,
  },
  watchdog('lost'),
  watchdog('timeout'),
  {
    kind: 'dead_letter',
    from: 'dead_letters',
    where: '',
    time: 'at',
    key: ['id'],
    // Only these topics say with their key whom a record is about.
    ofServer: (parameter) =>
      `topic ~ '[.](declarations|servers)$' AND key = convert_to(${parameter}, 'UTF8')`,
    columns: `reason, detail,
      CASE WHEN topic ~ '[.](declarations|servers)$' AND encode(key, 'escape') ~ '^[a-z0-9_-]{1,64}$'
        THEN encode(key, 'escape') END AS server,
      NULL::text AS instance, ${NO_RUN}, topic, partition, "offset"::text AS "offset"`,
  },
  {
    kind: 'refused',
    from: 'history',
    where: 'NOT applied',
    time: 'recorded_at',
    key: ['run', 'seq'],
    ofServer: ofTask,
    columns: `coalesce(reason, '') AS reason, type || ' from ' || source AS detail, ${HISTORY_COLUMNS}`,
  },
];
