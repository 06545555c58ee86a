import { REPORTED_ENDS, type Evidence, type HistoryEntry } from '../checker/evidence.js';

/** The attempts that took longest, each with all that was told of it: where to look for what a fault held up. */
export function slowest({ runs }: Evidence, count: number): string[] {
  const attempts = runs.flatMap(({ run, history }) => {
    const byAttempt = new Map<string, HistoryEntry[]>();
    for (const row of history) {
      if (row.task === null || row.attempt === null) continue;
      const id = `${row.task}[${row.item ?? ''}]/${row.attempt}`;
      byAttempt.set(id, [...(byAttempt.get(id) ?? []), row]);
    }
    return [...byAttempt].map(([id, rows]) => ({ run, id, rows, ms: lengthOf(rows) }));
  });
  const longest = attempts.sort((a, b) => b.ms - a.ms).slice(0, count);
  return longest.map(
    ({ run, id, rows, ms }) => `${Math.round(ms)} ms: ${run} ${id}: ${rows.map(told).join('; ')}`,
  );
}

function lengthOf(rows: readonly HistoryEntry[]): number {
  const end = rows.find(({ type, applied }) => applied && REPORTED_ENDS.has(type));
  return end && rows[0] ? end.recordedMs - rows[0].recordedMs : 0;
}

const told = ({ type, applied, recordedMs, data, reason }: HistoryEntry): string => {
  const { instance, error } = data as { instance?: string; error?: { code: string } };
  const time = new Date(recordedMs).toISOString().slice(11, 23);
  const more = [instance, error?.code, applied ? null : `refused: ${reason}`].filter(Boolean);
  return `${time} ${type.replace('cordyna.task.', '')} ${more.join(', ')}`.trim();
};
