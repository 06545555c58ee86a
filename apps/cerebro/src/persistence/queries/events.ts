import type { EventState, RuleFiring } from '@cordyna/engine';
import { fuseId } from '@cordyna/engine';
import type { JsonObject, SignalOutcome } from '@cordyna/protocol/model';
import type { DataSource } from 'typeorm';
import {
  EventQueries,
  type CirrusQueue,
  type FuseView,
  type Page,
  type RuleFiringView,
  type SignalView,
} from '../../coordination/ports/index.js';
import { rfc3339 } from '../sql/time.js';
import { askerOf, type Asker } from './asker.js';
import { BIG, decodeCursor, encodeCursor } from './cursor.js';

interface PageOf {
  readonly limit: number;
  readonly cursor?: string;
}

/** Of a log that is longer, only so many of the newest entries are shown. */
const MAX_ENTRIES = 10_000;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

const RULES = `(SELECT coalesce(jsonb_agg(jsonb_build_object('rule', r.rule, 'outcome', r.outcome, 'reason', r.reason,
    'firing', r.firing, 'state', f.state, 'run', f.run, 'error', f.value->'error') ORDER BY r.rule), '[]')
  FROM signal_rules r LEFT JOIN rule_firings f ON f.firing = r.firing WHERE r.signal = s.signal) AS rules`;
const SIGNAL = `s.seq, s.signal, s.source, s.id, s.type, s.subject, s.at, s.received_at, s.outcome, ${RULES}`;

interface SignalRow extends Omit<SignalView, 'time' | 'receivedAt'> {
  readonly seq: string;
  readonly at: Date;
  readonly received_at: Date;
  readonly data?: JsonObject;
}

const signalOf = ({ seq: _, at, received_at: receivedAt, ...row }: SignalRow): SignalView => ({
  ...row,
  rules: row.rules.map((one) => ({ ...one, error: one.error ?? null })),
  time: at.toISOString(),
  receivedAt: receivedAt.toISOString(),
});

const firingOf = ({ value }: { readonly value: RuleFiring }): RuleFiringView => {
  const { firing, rule, ruleVersion: version, at, state, attempt, run, error, finishedAt, events } = value;
  const finished = finishedAt === null ? null : rfc3339(finishedAt);
  return { firing, rule, version, at: rfc3339(at), state, attempt, run, error, finishedAt: finished, events };
};

function pageOf<Row extends { readonly seq: string }, View>(
  rows: readonly Row[],
  limit: number,
  viewOf: (row: Row) => View,
): Page<View> {
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  return { items: items.map(viewOf), next: rows.length > limit && last ? encodeCursor(last.seq) : null };
}

const before = (cursor: string | undefined): string | null =>
  cursor === undefined ? null : decodeCursor(cursor, [BIG])[0];

/** Every question may throw StoreUnavailable besides what the port says. */
export class TypeOrmEventQueries extends EventQueries {
  private readonly ask: Asker;

  constructor(connected: () => Promise<DataSource>) {
    super();
    this.ask = askerOf(connected);
  }

  signals({
    type,
    outcome,
    limit,
    cursor,
  }: PageOf & { readonly type?: string; readonly outcome?: SignalOutcome }) {
    return this.ask(async (source) => {
      const rows = await source.query<SignalRow[]>(
        `SELECT ${SIGNAL} FROM signals s
         WHERE ($1::bigint IS NULL OR s.seq < $1) AND ($2::text IS NULL OR s.type = $2)
           AND ($3::text IS NULL OR s.outcome = $3)
         ORDER BY s.seq DESC LIMIT $4`,
        [before(cursor), type ?? null, outcome ?? null, limit + 1],
      );
      return pageOf(rows, limit, signalOf);
    });
  }

  signal(id: string, source?: string) {
    return this.ask(async (connection) => {
      const [row] = await connection.query<SignalRow[]>(
        `SELECT ${SIGNAL}, s.data FROM signals s
         WHERE (s.signal = $1::uuid OR s.id = $2) AND ($3::text IS NULL OR s.source = $3)
         ORDER BY s.signal = $1::uuid DESC NULLS LAST, s.seq DESC LIMIT 1`,
        [UUID.test(id) ? id : null, id, source ?? null],
      );
      return row ? { ...signalOf(row), data: row.data ?? {} } : null;
    });
  }

  ruleFirings(rule: string, { limit, cursor }: PageOf) {
    return this.ask(async (source) => {
      const rows = await source.query<{ seq: string; value: RuleFiring }[]>(
        `SELECT seq, value FROM rule_firings WHERE rule = $1 AND ($2::bigint IS NULL OR seq < $2)
         ORDER BY seq DESC LIMIT $3`,
        [rule, before(cursor), limit + 1],
      );
      return pageOf(rows, limit, firingOf);
    });
  }

  fuse(rule: string) {
    return this.ask(async (source): Promise<FuseView> => {
      const [row] = await source.query<{ value: EventState | null }[]>(
        'SELECT value FROM event_states WHERE id = $1',
        [fuseId(rule)],
      );
      const value = row?.value?.kind === 'fuse' ? row.value : null;
      if (!value) return { rule, state: 'intact', firings: 0, blown: null, reset: null };
      const { firings, blown, reset } = value;
      return {
        ...{ rule, state: blown ? 'blown' : 'intact', firings },
        blown: blown && { ...blown, at: rfc3339(blown.at) },
        reset: reset && { ...reset, at: rfc3339(reset.at) },
      };
    });
  }

  cirrusQueue(queue: CirrusQueue) {
    return this.ask(async (source) => {
      const rows = await source.query<{ name: string; payload: JsonObject; at: Date }[]>(
        `SELECT name, payload, at FROM (
           SELECT * FROM cirrus_queue WHERE queue = $1 ORDER BY seq DESC LIMIT $2
         ) AS newest ORDER BY seq`,
        [queue, MAX_ENTRIES],
      );
      return rows.map(({ name, payload, at }) => ({ name, payload, at: at.getTime() }));
    });
  }
}
