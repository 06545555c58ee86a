import type { QueryResult } from 'pg';
import type { Loaded, Needs } from '../../../coordination/ports/index.js';
import { prepared, rowsOf, type Statement } from '../../sql/statement.js';
import { isRunId } from '../../sql/run-id.js';
import {
  beginFreshness,
  freshnessOf,
  lockFreshness,
  selectFreshness,
  type FreshnessRow,
} from './freshness.js';
import { keysOf, selectKeys, type KeyRow } from './keys.js';
import { lockPositions, positionsOf, selectPositions, type PositionRow } from './positions.js';
import {
  eventsOf,
  lockEvents,
  selectEventStates,
  selectRuleFirings,
  selectSignals,
  type EventStateRow,
  type RuleFiringRow,
  type SignalRow,
} from './events.js';
import { lockRegistryRow, selectRegistry, type RegistryCache, type RegistryRow } from './registry.js';
import { selectParts, type PartRow } from '../../sql/stored-runs.js';
import { runsOf, selectRuns, type RunRow } from './runs.js';
import { lockSchedules, schedulesOf, selectSchedules, type ScheduleRow } from './schedules.js';

type Part =
  | 'runs'
  | 'parts'
  | 'freshness'
  | 'keys'
  | 'schedules'
  | 'positions'
  | 'registry'
  | 'signals'
  | 'ruleFirings'
  | 'eventStates';

const lockRuns = prepared(
  'runs_lock',
  'SELECT 1 FROM runs WHERE id = ANY ($1::uuid[]) ORDER BY id FOR UPDATE',
);

/** Sends statements in one round trip and gives their results, all seen from a state in which runs are whole. */
export type Ask = (statements: readonly Statement[]) => Promise<readonly QueryResult[]>;

const runsIn = ({ runs, newRuns = [] }: Needs): readonly string[] => [...runs, ...newRuns].filter(isRunId);

/** What is there of what is needed, as selects by part. */
function selectsOf(needs: Needs, registryVersion: number | null): ReadonlyMap<Part, Statement> {
  const selects = new Map<Part, Statement>();
  const runs = runsIn(needs);
  if (needs.positions.length > 0) {
    selects.set('positions', selectPositions(...columnsOf(needs.positions)));
  }
  if (needs.registry) selects.set('registry', selectRegistry(registryVersion));
  if (runs.length > 0) {
    selects.set('runs', selectRuns(runs));
    selects.set('parts', selectParts(runs));
  }
  const keys = [...needs.keys, ...(needs.newKeys ?? [])];
  if (keys.length > 0) {
    selects.set(
      'keys',
      selectKeys(
        keys.map(({ target }) => target),
        keys.map(({ key }) => key),
      ),
    );
  }
  if (needs.freshness.length > 0) selects.set('freshness', selectFreshness(needs.freshness));
  if (needs.schedules.length > 0) selects.set('schedules', selectSchedules(needs.schedules));
  const { signals = [], firings = [], states = [] } = needs.events ?? {};
  if (signals.length > 0) selects.set('signals', selectSignals(signals));
  if (firings.length > 0) selects.set('ruleFirings', selectRuleFirings(firings));
  if (states.length > 0) selects.set('eventStates', selectEventStates(states));
  return selects;
}

const columnsOf = (positions: Needs['positions']) =>
  [positions.map(({ topic }) => topic), positions.map(({ partition }) => partition)] as const;

/** Locks in the same order as a commit does. Keys never change; new ones meet at their unique index. */
export function locksOf(needs: Needs): readonly Statement[] {
  const runs = runsIn(needs);
  return [
    ...(needs.positions.length > 0 ? [lockPositions(...columnsOf(needs.positions))] : []),
    ...(needs.registry ? [lockRegistryRow()] : []),
    ...(runs.length > 0 ? [lockRuns(runs)] : []),
    ...(needs.freshness.length > 0 ? [beginFreshness(needs.freshness), lockFreshness(needs.freshness)] : []),
    ...(needs.schedules.length > 0 ? [lockSchedules(needs.schedules)] : []),
    ...(needs.events ? lockEvents(needs.events) : []),
  ];
}

/** @param locks statements to send before the selects, in the same round trip */
export async function load(
  needs: Needs,
  cache: RegistryCache,
  ask: Ask,
  locks: readonly Statement[] = [],
): Promise<Loaded> {
  const known = cache.current;
  const selects = selectsOf(needs, known?.version ?? null);
  const results = selects.size === 0 ? [] : await ask([...locks, ...selects.values()]);
  const parts = [...selects.keys()];
  const rows = <Row>(part: Part): readonly Row[] => {
    const at = parts.indexOf(part);
    return at < 0 ? [] : rowsOf<Row>(results[locks.length + at]);
  };
  const [registry] = rows<RegistryRow>('registry');
  return {
    runs: runsOf(rows<RunRow>('runs'), rows<PartRow>('parts')),
    freshness: freshnessOf(rows<FreshnessRow>('freshness')),
    keys: keysOf(rows<KeyRow>('keys')),
    schedules: schedulesOf(rows<ScheduleRow>('schedules')),
    positions: positionsOf(rows<PositionRow>('positions')),
    registry: registry ? cache.of(registry, known) : null,
    ...(needs.events
      ? {
          events: eventsOf(
            rows<SignalRow>('signals'),
            rows<RuleFiringRow>('ruleFirings'),
            rows<EventStateRow>('eventStates'),
          ),
        }
      : {}),
  };
}
