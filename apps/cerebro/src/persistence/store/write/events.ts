import type { EventChanges } from '../../../coordination/ports/index.js';
import { prepared, type Statement } from '../../sql/statement.js';
import { at } from '../../sql/time.js';
import { beginStates } from '../read/events.js';
import { writeLedger } from './ledger.js';

// One statement locks all rows in one order, compared or only written, so that two batches cannot wait for each other.
const lockStates = prepared(
  'event_states_lock',
  `WITH locked AS (
     SELECT s.id FROM unnest($1::text[], $2::bigint[]) AS w (id, version) JOIN event_states s ON s.id = w.id
     WHERE w.version = s.version
     ORDER BY s.id FOR UPDATE OF s
   )
   SELECT cordyna_expect(count(*), $3, 'event states') FROM locked`,
);

const saveStates = prepared(
  'event_states_write',
  `UPDATE event_states s SET version = s.version + 1, value = w.value::jsonb, rule = w.rule, event_set = w.event_set,
     expires_at = ${at('w.expires_at')}, updated_at = now()
   FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::float8[])
     AS w (id, value, rule, event_set, expires_at)
   WHERE s.id = w.id`,
);

const updateFirings = prepared(
  'rule_firings_update',
  `WITH wanted AS (
     SELECT * FROM unnest($1::uuid[], $2::bigint[], $3::text[], $4::uuid[], $5::float8[], $6::text[])
       AS w (firing, version, state, run, finished_at, value)
   ), locked AS (
     SELECT w.* FROM rule_firings f JOIN wanted w ON f.firing = w.firing AND f.version = w.version
     ORDER BY f.firing FOR UPDATE OF f
   ), updated AS (
     UPDATE rule_firings f SET version = f.version + 1, state = l.state, run = l.run,
       finished_at = ${at('l.finished_at')}, value = l.value::jsonb
     FROM locked l WHERE f.firing = l.firing
     RETURNING 1
   )
   SELECT cordyna_expect(count(*), $7, 'firings of rules') FROM updated`,
);

const insertFirings = prepared(
  'rule_firings_insert',
  `WITH inserted AS (
     INSERT INTO rule_firings (firing, version, rule, state, at, run, finished_at, value)
     SELECT firing, 1, rule, state, ${at('at')}, run, ${at('finished_at')}, value::jsonb
     FROM unnest($1::uuid[], $2::text[], $3::text[], $4::float8[], $5::uuid[], $6::float8[], $7::text[])
       AS w (firing, rule, state, at, run, finished_at, value)
     ORDER BY firing
     ON CONFLICT DO NOTHING
     RETURNING 1
   )
   SELECT cordyna_expect(count(*), $8, 'new firings of rules') FROM inserted`,
);

// What a changed rule or event set left waiting is looked at again at once.
const hasten = prepared(
  'event_states_hasten',
  `UPDATE event_states SET expires_at = now()
   WHERE expires_at IS NOT NULL AND (rule = ANY ($1::text[]) OR event_set = ANY ($2::text[]))`,
);

/** Compares what was read, and locks what is written. */
export function guardEvents(events: EventChanges | undefined): Statement[] {
  if (!events) return [];
  const { read } = events.states;
  const absent = [...read].filter(([, version]) => version === 0).map(([id]) => id);
  return [
    ...(absent.length > 0 ? [beginStates(absent)] : []),
    ...(read.size > 0 ? [lockStates([...read.keys()], [...read.values()], read.size)] : []),
    ...writeFirings(events.firings),
  ];
}

function writeFirings(firings: EventChanges['firings']): Statement[] {
  const known = firings.filter(({ expectedVersion }) => expectedVersion !== null);
  const fresh = firings.filter(({ expectedVersion }) => expectedVersion === null);
  const statements: Statement[] = [];
  if (known.length > 0) {
    statements.push(
      updateFirings(
        known.map(({ value }) => value.firing),
        known.map(({ expectedVersion }) => expectedVersion),
        known.map(({ value }) => value.state),
        known.map(({ value }) => value.run),
        known.map(({ value }) => value.finishedAt),
        known.map(({ value }) => JSON.stringify(value)),
        known.length,
      ),
    );
  }
  if (fresh.length > 0) {
    statements.push(
      insertFirings(
        fresh.map(({ value }) => value.firing),
        fresh.map(({ value }) => value.rule),
        fresh.map(({ value }) => value.state),
        fresh.map(({ value }) => value.at),
        fresh.map(({ value }) => value.run),
        fresh.map(({ value }) => value.finishedAt),
        fresh.map(({ value }) => JSON.stringify(value)),
        fresh.length,
      ),
    );
  }
  return statements;
}

/** States and the ledger. */
export function writeEvents(events: EventChanges | undefined): Statement[] {
  if (!events) return [];
  const { states, changedRules, changedSets } = events;
  const { writes } = states;
  const statements: Statement[] = [];
  if (writes.length > 0) {
    statements.push(
      saveStates(
        writes.map(({ id }) => id),
        writes.map(({ value }) => JSON.stringify(value)),
        writes.map(({ value }) => ('rule' in value ? value.rule : null)),
        writes.map(({ eventSet }) => eventSet),
        writes.map(({ expiresAt }) => expiresAt),
      ),
    );
  }
  if (changedRules.length + changedSets.length > 0) statements.push(hasten(changedRules, changedSets));
  return [...statements, ...writeLedger(events)];
}
