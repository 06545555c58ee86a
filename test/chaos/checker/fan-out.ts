import { EventType, isFinalTaskState } from '@cordyna/protocol/model';
import type { Evidence, HistoryEntry, StoredRun, StoredTask } from './evidence.js';
import type { Fan, Log } from './log.js';
import type { Violation } from './verdict.js';
import { atOnce, groupedBy, worksOf } from './works.js';

const wrong = (what: string): Violation => ({ invariant: 'I13', what });
const EXPANDED = 'cordyna.task.expanded.v1';
const RETRIED = 'cordyna.run.retry.requested.v1';
const WHOLE_BY_DEFAULT: Fan = { onError: 'block' };

/**
 * I13: of a `forEach` there is one task run for each element of the list; no more are at work at once than its `concurrency`
 * says, and none begins before its turn; the whole ends when all of them have, in an error if one failed, unless it goes on
 * in spite of that.
 */
export function checkFanOut(evidence: Evidence, log: Log): Violation[] {
  const { runs, lists } = evidence;
  const byTask = worksOf(evidence, log, (task) => log.fans.get(task)?.concurrency !== undefined);
  return Object.entries(lists).flatMap(([task, length]) => {
    const fan = log.fans.get(task) ?? WHOLE_BY_DEFAULT;
    const { concurrency = Infinity } = fan;
    const crowded = [...groupedBy(byTask.get(task) ?? [], ({ run }) => run)].flatMap(([run, works]) => {
      const most = atOnce(works);
      return most > concurrency
        ? [wrong(`run ${run}: ${most} elements of ${task} at once: ${concurrency} may be`)]
        : [];
    });
    const ofRuns = runs.flatMap((run) => [
      ...checkElements(run, task, length),
      ...checkOrder(run, task, concurrency),
      ...checkWhole(run, task, fan, log),
    ]);
    return [...crowded, ...ofRuns];
  });
}

const elementsOf = ({ tasks }: StoredRun, task: string): StoredTask[] =>
  tasks.filter((one) => one.task === task && one.item !== null);
const wholeOf = ({ tasks }: StoredRun, task: string): StoredTask | undefined =>
  tasks.find((one) => one.task === task && one.item === null);

function checkElements(run: StoredRun, task: string, length: number): Violation[] {
  const items = elementsOf(run, task).flatMap(({ item }) => (item === null ? [] : [item]));
  if (wholeOf(run, task)?.state !== 'completed' && items.length === 0) return [];
  const wanted = Array.from({ length }, (_, at) => at).join();
  const has = items.sort((a, b) => a - b).join();
  return has === wanted
    ? []
    : [wrong(`run ${run.run} has the elements [${has}] of ${task}, not [${wanted}]`)];
}

/** By the history: whoever comes before in the list and is open has its turn first. */
function checkOrder(run: StoredRun, task: string, concurrency: number): Violation[] {
  const items = elementsOf(run, task).flatMap(({ item }) => (item === null ? [] : [item]));
  const open = new Set<number>();
  const completed = new Set<number>();
  for (const row of run.history) {
    if (!row.applied) continue;
    const begins = row.type === RETRIED || (row.type === EXPANDED && row.task === task);
    if (begins) for (const item of items) if (!completed.has(item)) open.add(item);
    if (row.task !== task) continue;
    const { seq, item, type } = row;
    if (item === null) {
      if (type === EventType.taskCompleted && open.size > 0)
        return [wrong(`run ${run.run}#${seq}: ${task} is completed while ${open.size} elements are not`)];
      continue;
    }
    const before = [...open].filter((other) => other < item).length;
    if (type === EventType.taskInvoked && before >= concurrency)
      return [wrong(`run ${run.run}#${seq}: ${task}[${item}] begins while ${before} before it are open`)];
    if (!isEnd(row)) continue;
    open.delete(item);
    if (type === EventType.taskCompleted) completed.add(item);
  }
  return [];
}

function isEnd({ type, data }: HistoryEntry): boolean {
  const { final, violations } = data as { final?: boolean; violations?: unknown };
  if (type === EventType.taskCompleted) return violations === undefined;
  return type === EventType.taskCancelled || (type === EventType.taskError && final === true);
}

function checkWhole(run: StoredRun, task: string, { onError }: Fan, log: Log): Violation[] {
  const elements = elementsOf(run, task);
  const whole = wholeOf(run, task);
  const left = elements.filter(({ state }) => !isFinalTaskState(state));
  if (left.length > 0) return [wrong(`run ${run.run}: ${left.length} elements of ${task} have not ended`)];
  if (!whole || elements.length === 0 || whole.state === 'cancelled') return [];
  const failed = elements.filter(({ state }) => state !== 'completed').length;
  const isWell = failed === 0 || onError === 'continue';
  if (whole.state !== (isWell ? 'completed' : 'error'))
    return [wrong(`run ${run.run}: ${task} is ${whole.state}, and ${failed} of its elements failed`)];
  return run.tasks.flatMap(({ task: after, state }) => {
    const dependencies = log.dependencies.get(after) ?? [];
    if (dependencies.join() !== task || state === 'cancelled') return [];
    return (state === 'blocked') === isWell
      ? [wrong(`run ${run.run}: ${after} is ${state}, and ${task} is ${whole.state}`)]
      : [];
  });
}
