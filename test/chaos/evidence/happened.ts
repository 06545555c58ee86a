import type {
  AcceptedSignal,
  AnsweredFile,
  Defined,
  Happened,
  SignalUse,
  StoredDefinition,
  StoredRuleFiring,
  StoredSignal,
} from '../checker/happened.js';
import { CHANGED, EVENT_SETS, IMPORTED, RULES, TWINS } from '../load/definitions.js';
import { query, type Sources } from '../stack/sources.js';

/** What became of the events, by the ledger and the firings of rules. */
export async function happenedOf(site: Sources, accepted: readonly AcceptedSignal[]): Promise<Happened> {
  const [ledger, uses, firings] = await Promise.all([
    query<StoredSignal>(
      site,
      `SELECT signal::text, source, id, type, outcome, data->>'order' AS key FROM signals`,
    ),
    query<SignalUse>(site, 'SELECT signal::text, rule, outcome, firing::text FROM signal_rules'),
    query<StoredRuleFiring>(
      site,
      `SELECT firing::text, rule, state, (value->>'attempt')::int AS attempt, run::text, value->'events' AS events
       FROM rule_firings`,
    ),
  ]);
  return { accepted, ledger, uses, firings, rules: RULES, sets: EVENT_SETS };
}

export async function definedOf(site: Sources, files: readonly AnsweredFile[]): Promise<Defined> {
  const versions = await query<StoredDefinition>(
    site,
    `SELECT kind, name, version::int AS version, body, extract(epoch FROM at)::float8 * 1000 AS "atMs" FROM definitions`,
  );
  return { versions, alike: [TWINS, IMPORTED], files, changed: [CHANGED] };
}
