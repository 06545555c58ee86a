import type { FailureKind } from '../../coordination/ports/index.js';

/** One place where failures are stored; an index leads to them by time, and to those of one server. */
export interface FailureSource {
  readonly kind: FailureKind;
  readonly from: string;
  /** Empty: all rows. */
  readonly where: string;
  readonly time: string;
  /** Tells rows of one moment apart; as in the index, behind the time. */
  readonly key: readonly ['id'] | readonly ['run', 'seq'];
  /** The condition for one server, `$n` for its name. */
  readonly ofServer: (parameter: string) => string;
  readonly columns: string;
}

const NO_RUN = 'NULL::text AS task, NULL::float8 AS attempt, NULL::text AS run, NULL::int AS seq';

/** What histories tell of failures, written beside them. */
const ofHistory = (kind: FailureKind): FailureSource => ({
  kind,
  from: 'history_failures',
  where: `kind = '${kind}'`,
  time: 'recorded_at',
  key: ['run', 'seq'],
  ofServer: (parameter) => `server = ${parameter}`,
  columns: `reason, detail, server, instance, task, attempt::float8 AS attempt, run::text AS run, seq, topic, partition,
    "offset"::text AS "offset"`,
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
  ofHistory('lost'),
  ofHistory('timeout'),
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
  ofHistory('refused'),
];
