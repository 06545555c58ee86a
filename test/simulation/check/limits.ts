import { EventType } from '@cordyna/protocol/model';
import type { Site } from '../actors/site.js';

const ENDS: ReadonlySet<string> = new Set([
  EventType.taskCompleted,
  EventType.taskError,
  EventType.taskCancelled,
]);

/** After no commit more attempts of a task go on than its limit says, and at rest nobody holds a place. */
export function checkLimits({ db }: Site): string[] {
  const changes = new Map<string, Map<number, number>>();
  const maxOf = new Map<string, number>();
  for (const { history, seed } of db.runs.values()) {
    for (const { task, limits = [] } of seed.plan.members)
      for (const { max, key } of limits) if (key === undefined) maxOf.set(task, max);
    const going = new Map<string, string>();
    for (const { task, item, type, applied, commit, data } of history) {
      if (!applied || task === null) continue;
      const element = `${task}[${item ?? ''}]`;
      const ofTask = changes.get(task) ?? new Map<number, number>();
      changes.set(task, ofTask);
      const isInvoked = type === EventType.taskInvoked;
      // An output that is refused ends its attempt with the error that follows.
      const isEnded = ENDS.has(type) && going.has(element) && !('violations' in data);
      if (isInvoked) going.set(element, String(data.invocation));
      if (isEnded) going.delete(element);
      if (isInvoked || isEnded) ofTask.set(commit, (ofTask.get(commit) ?? 0) + (isInvoked ? 1 : -1));
    }
  }
  const over = [...maxOf].flatMap(([task, max]) => {
    let going = 0;
    const commits = [...(changes.get(task) ?? [])].sort(([a], [b]) => a - b);
    const found = commits.find(([, change]) => (going += change) > max);
    return found ? [`${going} attempts of ${task} go on after commit ${found[0]}: at most ${max} may`] : [];
  });
  const held = [...db.freshness].filter(([, { holders = {} }]) => Object.keys(holders).length > 0);
  return [...over, ...held.map(([task]) => `places of ${task} are held at rest`)];
}
