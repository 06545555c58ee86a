import type { Input, Member, Plan, Run, RunSeed } from '../model/index.js';
import { initialRun } from './initial.js';
import { findByInvocation, memberOf } from './lookup.js';
import { isReady, leftIn } from './portions.js';
import { allows } from './table.js';

/**
 * The freshness aggregates that a decision may read; none in the common case that no dependency lies outside the run.
 * A superset: of each member that can become ready the member itself and its dependencies outside the run.
 */
export function freshnessNeeds(seed: RunSeed, input: 'create'): readonly string[];
export function freshnessNeeds(run: Run, input: Input): readonly string[];
export function freshnessNeeds(about: RunSeed | Run, input: Input | 'create'): readonly string[] {
  const { plan } = 'seed' in about ? about.seed : about;
  const limited = limitedIn(plan);
  if (!looksOutside(plan)) return limited;
  const run = 'seed' in about ? about : initialRun(about);
  const { ends, begins } = input === 'create' ? { ends: [], begins: readyIn(run) } : effectsOf(run, input);
  const needs = [...reach(run, ends, begins)].flatMap((index) => {
    const { item, attempt, member } = run.tasks.at(index);
    const { task, outside } = plan.members[member] as Member;
    return item !== null || attempt > 0 || outside.length === 0 ? [] : [task, ...outside];
  });
  return [...new Set([...needs, ...limited])];
}

/** Does a plan's run ever need an aggregate? Of those that do not, nobody has to ask about each input. */
export const needsFreshness = (plan: Plan): boolean => looksOutside(plan) || limitedIn(plan).length > 0;

const limitedTasks = new WeakMap<Plan, readonly string[]>();

/** Tasks with limits, whatever the input: nearly all of them let one begin or end. */
function limitedIn(plan: Plan): readonly string[] {
  const found = limitedTasks.get(plan) ?? plan.members.filter(({ limits }) => limits).map(({ task }) => task);
  limitedTasks.set(plan, found);
  return found;
}

const known = new WeakMap<Plan, boolean>();

/** Has any member a dependency outside? Found once for each plan, since this is asked at every step. */
function looksOutside(plan: Plan): boolean {
  const found = known.get(plan) ?? plan.members.some((member) => member.outside.length > 0);
  known.set(plan, found);
  return found;
}

const readyIn = (run: Run): number[] => [...run.tasks].filter(isReady).map((task) => task.index);

interface Effects {
  /** Members that the input may complete. */
  readonly ends: readonly number[];
  /** Task runs that it may begin. */
  readonly begins: readonly number[];
}

/**
 * An error, whoever says it, only blocks what is downstream, and retries are given what the first attempt took. But with
 * `onError: continue` a whole completes with its last error, and elements that cannot be begun fail at once.
 */
function effectsOf(run: Run, input: Input): Effects {
  if (input.kind === 'capacity') return { ends: tolerantIn(run), begins: readyIn(run) };
  if (input.kind === 'retry-due' || input.kind === 'withdrawn')
    return { ends: tolerantIn(run), begins: leftIn(run) };
  if (input.kind === 'retry') {
    const again = [...run.tasks].filter((task) => allows(task.state, 'retry'));
    return { ends: tolerantIn(run), begins: again.map((task) => task.index) };
  }
  const task = 'invocation' in input ? findByInvocation(run, input.invocation) : undefined;
  if (!task) return { ends: tolerantIn(run), begins: [] };
  const completes = input.kind === 'update' && input.report === 'completed';
  const { onError, concurrency } = memberOf(run, task);
  const closes = run.tasks.at(task.member).elementsOpen === 1;
  const ends =
    task.item !== null && onError === 'continue'
      ? closes || concurrency !== undefined
      : completes && (task.item === null || closes);
  return { ends: ends ? [task.member] : [], begins: [] };
}

const tolerantIn = (run: Run): readonly number[] =>
  run.seed.plan.members
    .filter(({ index, onError }) => onError === 'continue' && run.tasks.at(index).elements !== null)
    .map(({ index }) => index);

/** All that may begin in the same decision: a `forEach` over an empty list completes as soon as it begins. */
function reach(run: Run, ends: readonly number[], begins: readonly number[]): ReadonlySet<number> {
  const { members } = run.seed.plan;
  const found = new Set(begins);
  const ended = new Map<number, number>();
  const endOf = (index: number): void => {
    for (const next of (members[index] as Member).downstream) {
      const count = (ended.get(next) ?? 0) + 1;
      ended.set(next, count);
      if (run.tasks.at(next).upstreamOpen <= count) found.add(next);
    }
  };
  ends.forEach(endOf);
  // A set's iteration goes on to what is added meanwhile.
  for (const index of found) if (members[index]?.forEach) endOf(index);
  return found;
}
