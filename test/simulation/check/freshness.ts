import { EventType } from '@cordyna/protocol/model';
import type { Site } from '../actors/site.js';

/** A task consumes each completion of a dependency outside its run at most once. */
export function checkFreshness({ db }: Site): string[] {
  const consumedBy = new Map<string, string>();
  const found: string[] = [];
  for (const [run, { history, seed }] of db.runs) {
    if (seed.plan.outsideRule !== 'fresh') continue;
    for (const { type, task, data } of history) {
      if (type !== EventType.taskInvoked && type !== EXPANDED) continue;
      const outside = seed.plan.members.find((member) => member.task === task)?.outside ?? [];
      const { consumed } = data as { consumed?: { readonly [task: string]: string } | null };
      for (const dependency of outside) {
        const from = consumed?.[dependency];
        if (!from) continue;
        const id = `${task} took ${dependency} of ${from}`;
        const before = consumedBy.get(id);
        if (before) found.push(`${id} twice, in ${before} and ${run}`);
        consumedBy.set(id, run);
      }
    }
  }
  return found;
}

const EXPANDED = 'cordyna.task.expanded.v1';
