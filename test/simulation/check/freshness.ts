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
    all.forEach(({ at, run, from, isOutside }, n) => {
      const last = all[n - 1];
      // Within one commit the order is not known.
      if (!isOutside || !last || last.at === at || last.from !== from) return;
      found.push(`${what} of ${from} twice, in ${last.run} and ${run}`);
    });
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
