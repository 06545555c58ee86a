import { EventType } from '@cordyna/protocol/model';
import type { Site } from '../actors/site.js';

interface Taken {
  /** Number of the commit. */
  readonly at: number;
  readonly run: string;
  /** Whose completion was taken. */
  readonly from: string;
  readonly isOutside: boolean;
}

/** What a task takes from outside its run is never what it took last. */
export function checkFreshness(site: Site): string[] {
  const found: string[] = [];
  for (const [what, all] of consumptions(site)) {
    all.sort((a, b) => a.at - b.at);
    for (const one of all) {
      if (!one.isOutside) continue;
      const last = all.findLast(({ at }) => at < one.at);
      // Within one commit the order is not known: whatever else it took may have been the one before.
      const before = all.filter((other) => other !== one && (other.at === last?.at || other.at === one.at));
      if (last && before.every(({ from }) => from === one.from))
        found.push(`${what} of ${one.from} twice, in ${last.run} and ${one.run}`);
    }
  }
  return found;
}

function consumptions({ db }: Site): Map<string, Taken[]> {
  const taken = new Map<string, Taken[]>();
  for (const [run, { history, seed }] of db.runs) {
    if (seed.plan.outsideRule !== 'fresh') continue;
    for (const { type, task, data, commit } of history) {
      if (type !== EventType.taskInvoked && type !== EXPANDED) continue;
      const outside = seed.plan.members.find((member) => member.task === task)?.outside ?? [];
      const { consumed } = data as { consumed?: { readonly [task: string]: string } | null };
      for (const [dependency, from] of Object.entries(consumed ?? {})) {
        const what = `${task} took ${dependency}`;
        const one = { at: commit, run, from, isOutside: outside.includes(dependency) };
        taken.set(what, [...(taken.get(what) ?? []), one]);
      }
    }
  }
  return taken;
}

const EXPANDED = 'cordyna.task.expanded.v1';
