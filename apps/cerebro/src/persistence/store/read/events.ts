import type { EventState, RuleFiring } from '@cordyna/engine';
import type { JsonObject, SignalOutcome } from '@cordyna/protocol/model';
import type { EventNeeds, LoadedEvents } from '../../../coordination/ports/index.js';
import { prepared, type Statement } from '../../sql/statement.js';
import { ms } from '../../sql/time.js';

const lockFirings = prepared(
  'rule_firings_lock_all',
  `SELECT 1 FROM rule_firings WHERE firing = ANY ($1::uuid[]) ORDER BY firing FOR UPDATE`,
);
const lockStates = prepared(
  'event_states_lock_all',
  `SELECT 1 FROM event_states WHERE id = ANY ($1::text[]) ORDER BY id FOR UPDATE`,
);
/** So that there is something to lock. */
export const beginStates = prepared(
  'event_states_begin',
  `INSERT INTO event_states (id) SELECT id FROM unnest($1::text[]) AS t (id) ORDER BY id ON CONFLICT DO NOTHING`,
);

export const selectSignals = prepared(
  'signals_select',
  `SELECT signal, source, id, type, subject, data, force, ${ms('at')} AS at, outcome
   FROM signals WHERE signal = ANY ($1::uuid[])`,
);
export const selectRuleFirings = prepared(
  'rule_firings_select',
  `SELECT firing, version::float8 AS version, value FROM rule_firings WHERE firing = ANY ($1::uuid[])`,
);
export const selectEventStates = prepared(
  'event_states_select',
  `SELECT id, version::float8 AS version, value FROM event_states WHERE id = ANY ($1::text[])`,
);

export interface SignalRow {
  readonly signal: string;
  readonly source: string;
  readonly id: string;
  readonly type: string;
  readonly subject: string | null;
  readonly data: JsonObject;
  readonly force: boolean;
  readonly at: number;
  readonly outcome: SignalOutcome;
}
export interface RuleFiringRow {
  readonly firing: string;
  readonly version: number;
  readonly value: RuleFiring;
}
export interface EventStateRow {
  readonly id: string;
  readonly version: number;
  readonly value: EventState | null;
}

/** In the order in which a commit locks them. */
export const lockEvents = ({ firings, states }: EventNeeds): readonly Statement[] => [
  ...(states.length > 0 ? [beginStates(states), lockStates(states)] : []),
  ...(firings.length > 0 ? [lockFirings(firings)] : []),
];

export const eventsOf = (
  signals: readonly SignalRow[],
  firings: readonly RuleFiringRow[],
  states: readonly EventStateRow[],
): LoadedEvents => ({
  signals: new Map(signals.map((row) => [row.signal, row])),
  firings: new Map(firings.map(({ firing, version, value }) => [firing, { version, value }])),
  states: new Map(states.map(({ id, version, value }) => [id, { version, value }])),
});
