import { EventType, isFinalTaskState } from '@cordyna/protocol/model';
import type { Evidence, StoredRun } from './evidence.js';
import type { Violation } from './verdict.js';

const wrong = (what: string): Violation => ({ invariant: 'I13', what });

/** I13: of a `forEach` there is one task run for each element of the list, and the whole ends when all of them have. */
export const checkFanOut = ({ runs, lists }: Evidence): Violation[] =>
  Object.entries(lists).flatMap(([task, length]) =>
    runs.flatMap((run) => [...checkElements(run, task, length), ...checkWhole(run, task)]),
  );

function checkElements({ run, tasks }: StoredRun, task: string, length: number): Violation[] {
  const whole = tasks.find((one) => one.task === task && one.item === null);
  const items = tasks.flatMap((one) => (one.task === task && one.item !== null ? [one.item] : []));
  if (whole?.state !== 'completed' && items.length === 0) return [];
  const wanted = Array.from({ length }, (_, at) => at).join();
  const has = items.sort((a, b) => a - b).join();
  return has === wanted ? [] : [wrong(`run ${run} has the elements [${has}] of ${task}, not [${wanted}]`)];
}

function checkWhole({ run, tasks, history }: StoredRun, task: string): Violation[] {
  const open = new Set(tasks.flatMap((one) => (one.task === task && one.item !== null ? [one.item] : [])));
  for (const { seq, type, task: about, item, applied, data } of history) {
    if (!applied || about !== task) continue;
    const { final, violations } = data as { final?: boolean; violations?: unknown };
    const isEnd =
      (type === EventType.taskCompleted && violations === undefined) ||
      (type === EventType.taskError && final === true) ||
      type === EventType.taskCancelled;
    if (!isEnd) continue;
    if (item !== null) open.delete(item);
    else if (type === EventType.taskCompleted && open.size > 0)
      return [wrong(`run ${run}#${seq}: ${task} is completed while ${open.size} of its elements are not`)];
  }
  const left = tasks.filter((one) => one.task === task && !isFinalTaskState(one.state));
  return left.length === 0 ? [] : [wrong(`run ${run}: ${left.length} elements of ${task} have not ended`)];
}
