import type { EventSetBody } from '@cordyna/protocol/model';
import type { Evidence, StoredRun } from './evidence.js';
import type { Happened, StoredRuleFiring, StoredSignal } from './happened.js';
import type { Violation } from './verdict.js';

const lost = (what: string): Violation => ({ invariant: 'I11', counts: 'lost', what });
const twice = (what: string): Violation => ({ invariant: 'I11', counts: 'double applications', what });
const RAISED = '/cerebro/rules/';
const ENDED: ReadonlySet<string> = new Set(['done', 'error']);

/**
 * I11: each event that was taken in is in the ledger, once; a rule uses it in one firing at most, and in one when its
 * set is complete; each firing has the runs that it began, and has ended.
 */
export function checkEvents({ happened, runs }: Evidence): Violation[] {
  return [
    ...checkLedger(happened),
    ...checkRaised(happened),
    ...checkUse(happened),
    ...happened.firings.flatMap((firing) => checkFiring(firing, happened)),
    ...checkLeft(happened),
    ...checkRuns(happened, runs),
  ];
}

const nameOf = ({ source, id }: { source: string; id: string }): string => `${source} ${id}`;

function checkLedger({ accepted, ledger }: Happened): Violation[] {
  const found: Violation[] = [];
  const rows = new Map<string, number>();
  for (const row of ledger) rows.set(nameOf(row), (rows.get(nameOf(row)) ?? 0) + 1);
  for (const [name, count] of rows)
    if (count > 1) found.push(twice(`the event ${name} is in the ledger ${count} times`));
  const told = new Set(accepted.map(nameOf));
  for (const name of told)
    if (!rows.has(name)) found.push(lost(`the event ${name} was taken in, and is not in the ledger`));
  for (const row of ledger) {
    if (row.outcome === 'pending') found.push(lost(`the event ${nameOf(row)} was never looked at`));
    if (!told.has(nameOf(row)) && !row.source.startsWith(RAISED))
      found.push(twice(`nobody told of the event ${nameOf(row)}`));
  }
  return found;
}

/** A firing that succeeded raises the events of the set that its rule triggers, each once; nobody else raises any. */
function checkRaised({ ledger, firings, rules, sets }: Happened): Violation[] {
  const raised = new Map<string, string[]>();
  for (const { source, id, type } of ledger) {
    const [firing = ''] = id.split('/');
    if (source.startsWith(RAISED)) raised.set(firing, [...(raised.get(firing) ?? []), type]);
  }
  const found: Violation[] = [];
  for (const { firing, rule, state } of firings) {
    const { triggering = '' } = rules[rule] ?? {};
    const wanted = state === 'done' ? [...(sets[triggering]?.events ?? [])].sort().join() : '';
    const has = (raised.get(firing) ?? []).sort().join();
    raised.delete(firing);
    if (has !== wanted) found.push(twice(`${firing} of ${rule} raised [${has}], not [${wanted}]`));
  }
  for (const [firing, types] of raised)
    found.push(twice(`${types.join(', ')} were raised by the firing ${firing}, which there is not`));
  return found;
}

function checkUse({ firings, uses }: Happened): Violation[] {
  const found: Violation[] = [];
  const used = new Map<string, string>();
  for (const { firing, rule, events } of firings) {
    for (const { signal } of events) {
      const one = `${signal} by ${rule}`;
      const before = used.get(one);
      if (before !== undefined) found.push(twice(`event ${one} is used in ${before} and in ${firing}`));
      used.set(one, firing);
    }
  }
  for (const { signal, rule, outcome, firing } of uses) {
    const by = used.get(`${signal} by ${rule}`) ?? null;
    if (by !== (outcome === 'triggered' ? firing : null))
      found.push(
        twice(`the ledger says ${outcome} (${firing}) of ${signal} by ${rule}; it is used in ${by}`),
      );
  }
  return found;
}

/** So many different types complete the set. */
const needed = ({ events, complete, atLeast }: EventSetBody): number =>
  atLeast ?? (complete === 'any' ? 1 : events.length);

const setOf = ({ rules, sets }: Happened, rule: string): EventSetBody | undefined =>
  sets[rules[rule]?.eventSet ?? ''];

function checkFiring({ firing, rule, state, events }: StoredRuleFiring, happened: Happened): Violation[] {
  const found: Violation[] = [];
  if (!ENDED.has(state))
    found.push({ invariant: 'I11', counts: 'stuck', what: `${firing} of ${rule} is left ${state}` });
  const set = setOf(happened, rule);
  if (!set) return [...found, twice(`${firing} is of ${rule}, which nobody defined`)];
  const types = new Set(events.map(({ type }) => type).filter((type) => set.events.includes(type)));
  if (types.size !== needed(set) || events.length !== types.size)
    found.push(twice(`${firing} of ${rule} has the events ${events.map(({ type }) => type).join(', ')}`));
  const rows = new Map(happened.ledger.map((row) => [row.signal, row]));
  const keys = new Set(events.map(({ signal }) => rows.get(signal)?.key ?? `none of ${signal}`));
  if (set.correlate !== undefined && keys.size > 1)
    found.push(twice(`${firing} of ${rule} joins events of ${[...keys].join(', ')}`));
  return found;
}

/** What was not used does not complete a set. */
function checkLeft(happened: Happened): Violation[] {
  return Object.keys(happened.rules).flatMap((rule) => {
    const set = setOf(happened, rule);
    if (!set) return [];
    const used = new Set(
      happened.firings
        .filter((firing) => firing.rule === rule)
        .flatMap(({ events }) => events.map(({ signal }) => signal)),
    );
    const left = new Map<string, Set<string>>();
    for (const row of happened.ledger) {
      if (used.has(row.signal) || !set.events.includes(row.type)) continue;
      const key = keyOf(set, row);
      left.set(key, (left.get(key) ?? new Set()).add(row.type));
    }
    return [...left].flatMap(([key, types]) =>
      types.size < needed(set) ? [] : [lost(`${rule} did not fire for ${[...types].join(', ')} (${key})`)],
    );
  });
}

const keyOf = ({ correlate }: EventSetBody, { key }: StoredSignal): string =>
  correlate === undefined ? 'all' : (key ?? 'none');

/** The runs of a rule are those that its firings began, each once. */
function checkRuns({ firings, rules }: Happened, runs: readonly StoredRun[]): Violation[] {
  const found: Violation[] = [];
  const begun = new Map<string, string[]>();
  for (const { run, trigger } of runs)
    if (trigger.kind === 'rule') begun.set(trigger.id ?? '', [...(begun.get(trigger.id ?? '') ?? []), run]);
  for (const { firing, rule, attempt, run } of firings) {
    const has = begun.get(firing) ?? [];
    begun.delete(firing);
    const isWork = rules[rule]?.activity.cmd === undefined;
    if (has.length !== (isWork ? attempt : 0) || (run !== null && !has.includes(run)))
      found.push(twice(`${firing} of ${rule} began ${attempt} times and has the runs [${has.join(', ')}]`));
    if (attempt > (rules[rule]?.attempts ?? 1))
      found.push(twice(`${firing} of ${rule} began ${attempt} times`));
  }
  for (const [firing, has] of begun)
    found.push(twice(`the runs ${has.join(', ')} are of the firing ${firing}, which there is not`));
  return found;
}
