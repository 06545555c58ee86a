import { EngineError } from '../errors.js';
import type { Freshness, Member, OutsideInput } from '../model/index.js';
import type { Draft } from './draft.js';

export type OutsideResult =
  | { readonly outside: { readonly [task: string]: OutsideInput } }
  /** The first dependency that has no completion which this task did not consume yet. */
  | { readonly stale: string };

const NOTHING_OUTSIDE: OutsideResult = { outside: {} };

/**
 * What dependencies outside the run give to a member that is about to begin. Under the rule `fresh` each must have a
 * completion that this task did not consume yet (design: graphs that cross teams); under `latest` what is there is given.
 */
export function outsideInputs(draft: Draft, member: Member): OutsideResult {
  if (member.outside.length === 0) return NOTHING_OUTSIDE;
  const mustBeFresh = draft.run.seed.plan.outsideRule === 'fresh';
  const looked = mustBeFresh ? [member.task, ...member.outside] : member.outside;
  draft.looked(looked);
  // All of them, also behind the first that is stale: what counts as read must have been loaded.
  const known = new Map(looked.map((task) => [task, freshnessOf(draft, task)]));
  const consumed = mustBeFresh ? freshnessOf(draft, member.task).consumed : {};
  const given: [string, OutsideInput][] = [];
  for (const task of member.outside) {
    const latest = known.get(task)?.latest;
    if (latest && latest.run !== consumed[task]) given.push([task, latest]);
    else if (mustBeFresh) return { stale: task };
  }
  return { outside: Object.fromEntries(given) };
}

export function freshnessOf(draft: Draft, task: string): Freshness {
  const found = draft.world.freshness(task);
  if (found) return found;
  throw new EngineError('freshness_not_loaded', `freshness of ${task} was not loaded: see freshnessNeeds`);
}

/** The runs whose completions a member consumes when it begins; null when nothing is consumed. */
export function consumption(
  draft: Draft,
  member: Member,
  outside: { readonly [task: string]: OutsideInput },
): { readonly [dependency: string]: string } | null {
  const { seed } = draft.run;
  if (seed.plan.outsideRule !== 'fresh' || member.dependencies.length === 0) return null;
  const consumed: Record<string, string> = {};
  for (const task of member.dependencies) consumed[task] = outside[task]?.run ?? seed.run;
  return consumed;
}
