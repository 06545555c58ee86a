import { activeRule, create, expire, expiresAt, inForce, nextStep, type RuleFiring } from '@cordyna/engine';
import {
  AUTO_TRIGGER,
  type EventSetBody,
  type JsonObject,
  type RunRequest,
  type Trigger,
} from '@cordyna/protocol/model';
import { DONE, type Inbound, type Outcome } from '../../inbound.js';
import type { StoredSignal } from '../../ports/index.js';
import { signalId } from '../../signal-id.js';
import type { WorkingSet } from '../../working-set.js';
import { originOf, worldOf, type Tools } from '../context.js';
import { seedOf } from '../request-run.js';
import { settleExpired } from './settle-expired.js';
import { saveWait, takeSignal } from './signal.js';

type Due = Extract<Inbound, { kind: 'event-due' }>;

/** What a timer found to be due, unless another coordinator was faster. */
export function decideDueEvent(inbound: Due, work: WorkingSet, tools: Tools): Outcome {
  const { what, id, newRun } = inbound;
  if (what === 'signal') return matchRaised(id, work, tools) ? DONE : NOTHING;
  if (what === 'waiting') return expireWaiting(id, work, tools) ? DONE : NOTHING;
  if (work.run(newRun)) return DONE;
  const firing = work.events.firing(id);
  return firing && advance(firing, newRun, work, tools) ? DONE : NOTHING;
}

/** Clocks may differ by less: what waits that long is not due, whoever found it. */
const SOON_MS = 1_000;

const NOTHING: Outcome = { kind: 'refused', code: 'wrong_state', message: 'it is not due', errors: [] };

function matchRaised(id: string, work: WorkingSet, tools: Tools): boolean {
  const signal = work.events.signal(id);
  if (!signal || work.events.isTaken(id)) return false;
  takeSignal(signal, null, work, tools);
  return true;
}

function expireWaiting(id: string, work: WorkingSet, tools: Tools): boolean {
  const state = work.events.state(id);
  if (state?.kind !== 'wait') return false;
  const active = activeRule(work.registry(), state.rule);
  const now = tools.clock.now();
  const { wait, expired } = expire(active?.set ?? null, active?.revision ?? '', state, now);
  const isWaiting = expired.length === 0 && state.waiting.length > 0;
  // Looked at since its rule or set was defined with what it waits for: from now on its own time counts.
  if (isWaiting && (!active || (expiresAt(active.set, wait) ?? 0) < now + SOON_MS)) return false;
  if (active) saveWait(active, wait, work);
  else work.events.saveState({ id, value: wait, eventSet: null, expiresAt: null });
  for (const one of expired) settleExpired(state.rule, one, work);
  return true;
}

function advance(firing: RuleFiring, newRun: string, work: WorkingSet, tools: Tools): boolean {
  const registry = work.registry();
  const run =
    firing.state === 'running' && firing.run !== null ? (work.run(firing.run)?.state ?? null) : null;
  const isDeclared = (task: string): boolean => registry.tasks.has(task);
  const next = nextStep(firing, { run, isDeclared, events: eventsOf(firing, work) });
  if (next.step === 'start') start(firing, next.request, newRun, work, tools);
  if (next.step === 'try again') work.events.saveFiring({ ...firing, state: 'due' });
  if (next.step === 'succeed') succeed(firing, work, tools);
  if (next.step === 'fail') fail(firing, next.code, next.message, work, tools);
  return next.step !== 'none';
}

/** As CloudEvents. What the ledger has no more is left out. */
function eventsOf({ body, events }: RuleFiring, work: WorkingSet): readonly JsonObject[] {
  if (body.activity.eventsAs === undefined) return [];
  return events.flatMap(({ signal }) => {
    const found = work.events.signal(signal);
    if (!found) return [];
    const { source, id, type, subject, at, data } = found;
    const time = new Date(at).toISOString();
    return [{ source, id, type, time, ...(subject === null ? {} : { subject }), data }];
  });
}

function start(
  firing: RuleFiring,
  request: RunRequest,
  newRun: string,
  work: WorkingSet,
  tools: Tools,
): void {
  const { rule } = firing;
  const cause = work.events.signal(firing.events.at(-1)?.signal ?? '');
  const trigger: Trigger = {
    ...{ kind: 'rule', rule, id: firing.firing },
    ...(cause ? { source: cause.source } : {}),
    ...(request.job === undefined ? {} : { job: request.job }),
  };
  const seed = seedOf(newRun, request, trigger, work, tools);
  if ('kind' in seed) {
    const details = seed.errors.map(({ path, message }) => `${path}: ${message}`);
    return fail(firing, seed.code, [seed.message, ...details].join('; '), work, tools);
  }
  const origin = originOf(tools.source, tools.clock.now(), null, tools);
  const decision = create(seed, origin, worldOf(work, tools));
  work.addRun(decision, '');
  work.events.saveFiring({ ...firing, state: 'running', attempt: firing.attempt + 1, run: newRun });
  noteState(firing, 'dispatch', {}, work, tools);
}

/** The events of the next set happen. */
function succeed(firing: RuleFiring, work: WorkingSet, tools: Tools): void {
  const { rule, body, key, run, force } = firing;
  const { triggering } = body;
  const now = tools.clock.now();
  const set = triggering === undefined ? undefined : inForce(work.registry(), 'event-set', triggering);
  if (triggering !== undefined && !set)
    return fail(firing, 'unknown_event_set', `there is no event set ${triggering}`, work, tools);
  const source = `/cerebro/rules/${rule}`;
  const { events = [] } = (set?.body ?? {}) as unknown as Partial<EventSetBody>;
  for (const [at, type] of [...new Set(events)].entries()) {
    const id = `${firing.firing}/${at}`;
    const correlation = key === '' ? null : (JSON.parse(key) as string);
    const signal: StoredSignal = {
      ...{
        signal: signalId(source, id),
        source,
        id,
        type,
        subject: null,
        at: now,
        force,
        outcome: 'pending',
      },
      data: { rule, firing: firing.firing, run, correlation },
    };
    work.events.addSignal(signal);
  }
  work.events.saveFiring({ ...firing, state: 'done', finishedAt: now });
  noteState(firing, 'success', {}, work, tools);
}

function fail(firing: RuleFiring, code: string, message: string, work: WorkingSet, tools: Tools): void {
  const error = { code, message };
  work.events.saveFiring({ ...firing, state: 'error', error, finishedAt: tools.clock.now() });
  noteState(firing, 'fail', { error }, work, tools);
}

/** For whoever watches commands over the Cirrus interface, as its dispatcher does. */
function noteState(
  { rule, body }: RuleFiring,
  state: string,
  more: JsonObject,
  work: WorkingSet,
  tools: Tools,
): void {
  const { cmd } = body.activity;
  if (cmd === undefined || cmd === AUTO_TRIGGER) return;
  work.events.note({ queue: 'rule_state', name: rule, payload: { state, ...more }, at: tools.clock.now() });
}
