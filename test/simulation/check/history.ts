import { isDeepStrictEqual } from 'node:util';
import { replay, type HistoryRow } from '@cordyna/engine';
import { EventType } from '@cordyna/protocol/model';
import type { Site } from '../actors/site.js';
import type { RunRow } from '../store/database.js';
import { runOf } from '../store/read.js';

const UPDATES: ReadonlySet<string> = new Set([
  EventType.taskQueued,
  EventType.taskStarted,
  EventType.taskCompleted,
  EventType.taskError,
]);

/** Errors of a task that is not with a server: they end no attempt, though one may have gone before. */
const BETWEEN_ATTEMPTS: ReadonlySet<string | undefined> = new Set(['server_withdrawn', 'args_invalid']);

interface Told {
  /** Null: it ended in an error before any attempt. */
  readonly invocation?: string | null;
  readonly instance?: string;
  readonly error?: { readonly code: string };
}

/** Each run by itself: it ended, its history leads to its state, and nothing was taken in twice or out of date. */
export function checkRuns({ db }: Site): string[] {
  return [...db.runs].flatMap(([id, row]) => [
    ...checkFold(id, row),
    ...checkCurrent(id, row),
    ...(row.state === 'running' ? [`run ${id} is stuck: ${statesOf(row)}`] : []),
  ]);
}

const statesOf = ({ tasks }: RunRow): string =>
  tasks.map(({ state, attempt, reason }) => `${state}/${attempt}${reason ? ` (${reason})` : ''}`).join(', ');

/** Folding the history gives the stored state. */
function checkFold(id: string, row: RunRow): string[] {
  try {
    const folded = replay(row.seed, row.history);
    return isDeepStrictEqual(folded, runOf(row)) ? [] : [`run ${id}: its history does not lead to its state`];
  } catch (error) {
    return [`run ${id}: its history cannot be folded: ${String(error)}`];
  }
}

/** An applied update speaks of the attempt that is going on, and at most one final one ends an attempt. */
function checkCurrent(id: string, { history }: RunRow): string[] {
  const found: string[] = [];
  const attempts = new Map<string, string>();
  const ended = new Set<string>();
  // Once of each instance: another one may take over what is as far already.
  const applied = new Set<string>();
  for (const row of history) {
    if (!row.applied) continue;
    const { invocation: told, error, instance = '' } = row.data as Told;
    const invocation = BETWEEN_ATTEMPTS.has(error?.code) ? '' : (told ?? '');
    const element = `${row.task}[${row.item ?? ''}]`;
    if (row.type === EventType.taskInvoked) {
      if (attempts.has(element) && !ended.has(attempts.get(element) ?? ''))
        found.push(`run ${id}: ${element} is invoked again while an attempt is going on`);
      attempts.set(element, invocation);
    }
    if (row.type === EventType.taskCancelled) ended.add(attempts.get(element) ?? '');
    if (!UPDATES.has(row.type) || invocation === '') continue;
    if (attempts.get(element) !== invocation)
      found.push(`run ${id}: row ${row.seq} of a stale attempt of ${element} changed state`);
    if (ended.has(invocation)) found.push(`run ${id}: row ${row.seq} changed an attempt that had ended`);
    if (row.type === EventType.taskCompleted || row.type === EventType.taskError) {
      if (!isRefusedOutput(row)) ended.add(invocation);
    } else if (applied.has(`${row.type} ${invocation} ${instance}`)) {
      found.push(`run ${id}: ${row.type} of ${invocation} was applied twice`);
    }
    applied.add(`${row.type} ${invocation} ${instance}`);
  }
  return found;
}

const isRefusedOutput = ({ data }: HistoryRow): boolean => 'violations' in data;

/** No message was applied twice, whoever read it how often. */
export function checkSources({ db }: Site): string[] {
  const seen = new Map<string, string>();
  const found: string[] = [];
  for (const [id, { history }] of db.runs) {
    for (const { topic, partition, offset, seq } of history) {
      if (topic === null) continue;
      const source = `${topic}/${partition}@${offset}`;
      const before = seen.get(source);
      if (before) found.push(`${source} is in the history twice: ${before} and ${id}#${seq}`);
      seen.set(source, `${id}#${seq}`);
    }
  }
  return found;
}
