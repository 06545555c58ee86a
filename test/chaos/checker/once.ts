import { EventType } from '@cordyna/protocol/model';
import { REPORTED_ENDS, type Evidence } from './evidence.js';
import type { Violation } from './verdict.js';

const REPORTS: ReadonlySet<string> = new Set([EventType.taskQueued, EventType.taskStarted]);

/** I5: no record is taken in twice, and each attempt is ended at most once, and queued and started by an instance. */
export function checkOnce({ runs }: Evidence): Violation[] {
  const found: Violation[] = [];
  const say = (what: string): void =>
    void found.push({ invariant: 'I5', counts: 'double applications', what });
  const records = new Map<string, string>();
  const applied = new Set<string>();
  for (const { run, history } of runs) {
    for (const { seq, topic, partition, offset, type, data, applied: isApplied } of history) {
      if (topic !== null) {
        const record = `${topic}/${partition}@${offset}`;
        const before = records.get(record);
        if (before !== undefined) say(`${record} is in the history twice: ${before} and ${run}#${seq}`);
        records.set(record, `${run}#${seq}`);
      }
      const { invocation, instance, violations } = data as {
        invocation?: string;
        instance?: string;
        violations?: unknown;
      };
      if (!isApplied || !invocation || violations !== undefined) continue;
      const what = REPORTED_ENDS.has(type) ? 'the end' : REPORTS.has(type) ? `${type} by ${instance}` : null;
      if (what === null) continue;
      if (applied.has(`${what} ${invocation}`))
        say(`${what} of ${invocation} is applied twice, at ${run}#${seq}`);
      applied.add(`${what} ${invocation}`);
    }
  }
  return found;
}
