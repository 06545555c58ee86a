import { EventType } from '@cordyna/protocol/model';
import type { Evidence, StoredRun } from './evidence.js';
import type { Log } from './log.js';
import type { Violation } from './verdict.js';

const PUBLISHED = 'cordyna.task.published.v1';

const duplicate = (what: string): Violation => ({ invariant: 'I2', counts: 'duplicate invokes', what });
const lost = (what: string): Violation => ({ invariant: 'I2', counts: 'lost', what });

/** I2: one invoke record per attempt that was decided, and none beside them; nothing was run that was not invoked. */
export function checkInvokes({ runs, executions }: Evidence, { invokes, updates }: Log): Violation[] {
  const found: Violation[] = [];
  const decided = new Set<string>();
  for (const stored of runs) {
    for (const [invocation, published] of attemptsOf(stored)) {
      decided.add(invocation);
      const records = invokes.get(invocation) ?? [];
      if (records.length > 1) found.push(duplicate(`${records.length} invoke records of ${invocation}`));
      // One that ended before its publication was known is not sent any more.
      if (records.length === 0 && (published || updates.has(invocation)))
        found.push(lost(`no invoke record of ${invocation}, of run ${stored.run}`));
      for (const { data } of records)
        if (data.run !== stored.run) found.push(lost(`the invoke of ${invocation} names run ${data.run}`));
    }
  }
  for (const invocation of invokes.keys())
    if (!decided.has(invocation)) found.push(duplicate(`nobody decided the invoke of ${invocation}`));
  return [...found, ...checkExecutions(executions, decided), ...checkWork(runs, executions)];
}

/** What a server reported as completed it did: the proof was on its disk before. */
function checkWork(runs: readonly StoredRun[], executions: Evidence['executions']): Violation[] {
  const done = new Set(executions.map(({ invocation }) => invocation));
  return runs.flatMap(({ run, history }) =>
    history.flatMap(({ seq, applied, topic, type, data }) => {
      const { invocation = '' } = data as { invocation?: string };
      if (!applied || topic === null || type !== EventType.taskCompleted || done.has(invocation)) return [];
      return [lost(`${run}#${seq}: ${invocation} is completed, and nobody ran it`)];
    }),
  );
}

/** invocation → whether its publication is known */
function attemptsOf({ history }: StoredRun): Map<string, boolean> {
  const attempts = new Map<string, boolean>();
  for (const { type, applied, data } of history) {
    const { invocation } = data as { invocation?: string };
    if (!applied || !invocation) continue;
    if (type === EventType.taskInvoked) attempts.set(invocation, false);
    if (type === PUBLISHED) attempts.set(invocation, true);
  }
  return attempts;
}

function checkExecutions(executions: Evidence['executions'], decided: ReadonlySet<string>): Violation[] {
  const found: Violation[] = [];
  const by = new Set<string>();
  for (const { invocation, by: who } of executions) {
    const id = `${who} ${invocation}`;
    if (by.has(id)) found.push(duplicate(`${who} ran ${invocation} twice`));
    if (!decided.has(invocation)) found.push(duplicate(`${who} ran ${invocation}, which nobody decided`));
    by.add(id);
  }
  return found;
}
