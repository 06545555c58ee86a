import { RowType, type HistoryRow, type Member, type TaskRun } from '@cordyna/engine';
import { isFinalTaskState } from '@cordyna/protocol/model';
import type { Site } from '../actors/site.js';
import type { RunRow } from '../store/database.js';

/** Of each list: no element begins before its turn, and the whole ends after all of them, as they have. */
export const checkFanOut = ({ db }: Site): string[] =>
  [...db.runs].flatMap(([id, row]) =>
    row.seed.plan.members.flatMap((member) => {
      if (member.forEach === null) return [];
      const what = `run ${id}: ${member.task}`;
      return [...checkTurns(row, member), ...checkWhole(row, member)].map((found) => `${what} ${found}`);
    }),
  );

const elementsOf = ({ tasks }: RunRow, { index }: Member): readonly TaskRun[] => {
  const { first, count } = tasks[index]?.elements ?? { first: 0, count: 0 };
  return tasks.slice(first, first + count);
};

/** An element is invoked when fewer than `concurrency` of those before it are open: they have their turn first. */
function checkTurns({ history }: RunRow, { task, concurrency = Infinity }: Member): string[] {
  const found: string[] = [];
  const completed = new Set<number>();
  let open = new Set<number>();
  let count = 0;
  const all = (): number[] => Array.from({ length: count }, (_, item) => item);
  for (const row of history) {
    if (!row.applied) continue;
    if (row.type === RowType.runRetryRequested) open = new Set(all().filter((item) => !completed.has(item)));
    if (row.task !== task) continue;
    if (row.item === null) {
      if (row.type === RowType.taskExpanded) {
        count = (row.data as { items: readonly unknown[] }).items.length;
        open = new Set(all());
      }
      const isOver = row.type === RowType.taskCompleted && open.size > 0;
      if (isOver) found.push(`is completed at ${row.seq}, and ${open.size} of its elements are open`);
      continue;
    }
    const { item } = row;
    const before = [...open].filter((other) => other < item).length;
    if (row.type === RowType.taskInvoked && before >= concurrency)
      found.push(`[${item}] begins at ${row.seq} while ${before} before it are open: ${concurrency} may be`);
    if (!isEnd(row)) continue;
    open.delete(item);
    if (row.type === RowType.taskCompleted) completed.add(item);
  }
  return found;
}

function isEnd({ type, data }: HistoryRow): boolean {
  const { final, violations } = data as { final?: boolean; violations?: unknown };
  if (type === RowType.taskCompleted) return violations === undefined;
  return type === RowType.taskCancelled || (type === RowType.taskError && final === true);
}

/** One element that failed is an error of the whole, unless it goes on in spite of that; then nothing is blocked by it. */
function checkWhole(run: RunRow, member: Member): string[] {
  const whole = run.tasks[member.index];
  const elements = elementsOf(run, member);
  if (!whole?.elements) return [];
  const open = elements.filter(({ state }) => !isFinalTaskState(state));
  if (open.length > 0) return [`has ${open.length} elements that have not ended`];
  if (whole.state === 'cancelled') return [];
  const isWell = member.onError === 'continue' || elements.every(({ state }) => state === 'completed');
  if (whole.state !== (isWell ? 'completed' : 'error'))
    return [
      `is ${whole.state}, and its elements are ${elements.map(({ state }) => state).join(', ') || 'none'}`,
    ];
  return isWell
    ? member.downstream.flatMap((index) =>
        run.tasks[index]?.blockedBy === member.task ? [`blocks ${run.seed.plan.members[index]?.task}`] : [],
      )
    : [];
}
