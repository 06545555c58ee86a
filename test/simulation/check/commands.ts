import { EventType, type InvokeCommand } from '@cordyna/protocol/model';
import type { HistoryRow } from '@cordyna/engine';
import type { Site } from '../actors/site.js';
import { TOPICS } from '../actors/site.js';
import type { LoggedRecord } from '../kafka/broker.js';

const PUBLISHED = 'cordyna.task.published.v1';

interface Told {
  readonly type: string;
  readonly data: InvokeCommand;
}

/** Several checks read the same records. */
const read = new WeakMap<LoggedRecord, Told | null>();

export function toldBy(record: LoggedRecord): Told | null {
  const known = read.get(record);
  if (known !== undefined) return known;
  let told: Told | null = null;
  try {
    told = JSON.parse(record.value?.toString() ?? '') as Told;
  } catch {
    // It tells nothing.
  }
  read.set(record, told);
  return told;
}

/** One invoke record per attempt, and none that the history does not know. */
export function checkInvokes(site: Site): string[] {
  const { db, broker } = site;
  const found: string[] = [];
  const records = new Map<string, number>();
  for (const server of db.registry.servers.keys()) {
    for (const record of broker.records(TOPICS.commands(server))) {
      const told = toldBy(record);
      if (told?.type !== EventType.taskInvoke) continue;
      records.set(told.data.invocation, (records.get(told.data.invocation) ?? 0) + 1);
    }
  }
  for (const [run, { history }] of db.runs) {
    const voidable = neverMarked(history);
    for (const { type, data } of history) {
      if (type !== EventType.taskInvoked) continue;
      const { invocation } = data as { invocation: string };
      const count = records.get(invocation) ?? 0;
      records.delete(invocation);
      if (count > 1) found.push(`run ${run}: ${count} invoke records of ${invocation}`);
      if (count === 0 && !voidable.has(invocation))
        found.push(`run ${run}: no invoke record of ${invocation}`);
    }
  }
  for (const invocation of records.keys())
    found.push(`an invoke record of ${invocation}, which nobody decided`);
  return found;
}

/** Invocations whose publication nobody ever learned: what had not been sent when they ended is not sent any more. */
function neverMarked(history: readonly HistoryRow[]): ReadonlySet<string> {
  const marked = new Set<string>();
  const invoked = new Set<string>();
  for (const { type, data } of history) {
    const { invocation = '' } = data as { invocation?: string };
    if (type === EventType.taskInvoked) invoked.add(invocation);
    if (type === PUBLISHED) marked.add(invocation);
  }
  return new Set([...invoked].filter((invocation) => !marked.has(invocation)));
}
