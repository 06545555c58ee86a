import type { EventChanges } from '../../../coordination/ports/index.js';
import { prepared, type Statement } from '../../sql/statement.js';
import { at } from '../../sql/time.js';

const insertSignals = prepared(
  'signals_insert',
  `WITH inserted AS (
     INSERT INTO signals (signal, source, id, type, subject, data, force, at, outcome)
     SELECT signal, source, id, type, subject, data::jsonb, force, ${at('at')}, outcome
     FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::bool[], $8::float8[], $9::text[])
       WITH ORDINALITY AS w (signal, source, id, type, subject, data, force, at, outcome, place)
     ORDER BY place
     ON CONFLICT DO NOTHING
     RETURNING 1
   )
   SELECT cordyna_expect(count(*), $10, 'new signals') FROM inserted`,
);

const settleSignals = prepared(
  'signals_match',
  `WITH updated AS (
     UPDATE signals s SET outcome = w.outcome
     FROM unnest($1::uuid[], $2::text[]) AS w (signal, outcome)
     WHERE s.signal = w.signal AND s.outcome = 'pending'
     RETURNING 1
   )
   SELECT cordyna_expect(count(*), $3, 'pending signals') FROM updated`,
);

const writeRules = prepared(
  'signal_rules_write',
  `INSERT INTO signal_rules (signal, rule, outcome, reason, firing)
   SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::uuid[]) AS w (signal, rule, outcome, reason, firing)
   ORDER BY signal, rule
   ON CONFLICT (signal, rule) DO UPDATE SET outcome = excluded.outcome, reason = excluded.reason, firing = excluded.firing`,
);

// Of an event that waited: the first that holds of any rule.
const regrade = prepared(
  'signals_regrade',
  `WITH best AS (
     SELECT DISTINCT ON (signal) signal, outcome FROM signal_rules WHERE signal = ANY ($1::uuid[])
     ORDER BY signal, array_position(ARRAY['triggered', 'waiting', 'expired', 'filtered'], outcome)
   ), locked AS (
     SELECT s.signal, b.outcome FROM signals s JOIN best b ON b.signal = s.signal ORDER BY s.signal FOR UPDATE OF s
   )
   UPDATE signals s SET outcome = l.outcome FROM locked l WHERE s.signal = l.signal`,
);

const clearQueues = prepared('cirrus_queue_clear', `DELETE FROM cirrus_queue WHERE queue = ANY ($1::text[])`);

const addToQueues = prepared(
  'cirrus_queue_add',
  `INSERT INTO cirrus_queue (queue, name, payload, at)
   SELECT queue, name, payload::jsonb, ${at('at')}
   FROM unnest($1::text[], $2::text[], $3::text[], $4::float8[]) WITH ORDINALITY AS w (queue, name, payload, at, place)
   ORDER BY place`,
);

/** What became of each event, and the logs of the Cirrus interface. */
export function writeLedger({ signals, matched, rules, clearedQueues, queue }: EventChanges): Statement[] {
  const statements: Statement[] = [];
  if (signals.length > 0) {
    statements.push(
      insertSignals(
        signals.map(({ signal }) => signal),
        signals.map(({ source }) => source),
        signals.map(({ id }) => id),
        signals.map(({ type }) => type),
        signals.map(({ subject }) => subject),
        signals.map(({ data }) => JSON.stringify(data)),
        signals.map(({ force }) => force),
        signals.map((one) => one.at),
        signals.map(({ outcome }) => outcome),
        signals.length,
      ),
    );
  }
  if (matched.length > 0) {
    statements.push(
      settleSignals(
        matched.map(({ signal }) => signal),
        matched.map(({ outcome }) => outcome),
        matched.length,
      ),
    );
  }
  if (rules.length > 0) {
    statements.push(
      writeRules(
        rules.map(({ signal }) => signal),
        rules.map(({ rule }) => rule),
        rules.map(({ outcome }) => outcome),
        rules.map(({ reason }) => reason),
        rules.map(({ firing }) => firing),
      ),
    );
    const whole = new Set([...signals, ...matched].map(({ signal }) => signal));
    const older = [...new Set(rules.map(({ signal }) => signal))].filter((signal) => !whole.has(signal));
    if (older.length > 0) statements.push(regrade(older));
  }
  if (clearedQueues.length > 0) statements.push(clearQueues(clearedQueues));
  if (queue.length > 0) {
    statements.push(
      addToQueues(
        queue.map((entry) => entry.queue),
        queue.map(({ name }) => name),
        queue.map(({ payload }) => JSON.stringify(payload)),
        queue.map((entry) => entry.at),
      ),
    );
  }
  return statements;
}
