import type { Plan, Run, TaskRun } from '@cordyna/engine';
import { lineIn } from './ports/index.js';

const servers = new WeakMap<Plan, readonly string[]>();

/** All that have a task of the plan. */
export function serversOf(plan: Plan): readonly string[] {
  const found = servers.get(plan) ?? [...new Set(plan.members.map(({ server }) => server))];
  servers.set(plan, found);
  return found;
}

/** Of a run with so many task runs at most, to look at all of them takes less than to keep counts. */
export const SMALL_TASKS = 16;

/** Of each server of a small run, whether it has pending tasks of it that it had not; null before: it is new. */
export function* changedWaits(before: Run | null, after: Run): Iterable<readonly [string, number]> {
  for (const server of serversOf(after.seed.plan))
    yield [
      server,
      Number(isPendingAt(server, after)) - Number(before !== null && isPendingAt(server, before)),
    ];
}

function isPendingAt(server: string, { tasks, seed: { plan } }: Run): boolean {
  for (const task of tasks)
    if (task.state === 'pending' && plan.members[task.member]?.server === server) return true;
  return false;
}

/** Does a task run wait for this server, or for this place? `work` is that of a large run. */
export function waitsIn(run: Run, work: RunWork | null, line: string): boolean {
  if (work) return work.waitsIn(line);
  for (const task of run.tasks) if (lineIn(task) === line) return true;
  return false;
}

interface Counts {
  /** server → task runs that are pending */
  readonly pending: Map<string, number>;
  /** line → task runs that wait in it */
  readonly lines: Map<string, number>;
}

/** What a batch leaves is what the next one begins with. */
const known = new WeakMap<Run['tasks'], Counts>();

/**
 * At which servers a run has pending tasks, and in which lines they wait: counted once, and kept by what each decision
 * touched, so that a decision about a run of 10,000 tasks costs what one about a run of 10 does.
 */
export class RunWork {
  private constructor(
    private counts: Counts,
    /** A batch that comes to nothing leaves what was there. */
    private isShared: boolean,
  ) {}

  /** What a stored run has, to be changed by a batch. */
  static begin(run: Run): RunWork {
    const found = known.get(run.tasks);
    return found ? new RunWork(found, true) : RunWork.create(run);
  }

  /** What a new run has. */
  static create(run: Run): RunWork {
    const work = new RunWork({ pending: new Map(), lines: new Map() }, false);
    for (const task of run.tasks) work.change(run.seed.plan, null, task);
    return work;
  }

  /**
   * A task run is now `after`; null before when it was not there.
   * @returns how many more servers the run has pending tasks of
   */
  change({ members }: Plan, before: TaskRun | null, after: TaskRun): -1 | 0 | 1 {
    const wasPending = before?.state === 'pending';
    const isPending = after.state === 'pending';
    if (!wasPending && !isPending) return 0;
    const [left, joined] = [before && lineIn(before), lineIn(after)];
    if (left !== joined) {
      if (left !== null) count(this.own().lines, left, -1);
      if (joined !== null) count(this.own().lines, joined, 1);
    }
    const server = members[after.member]?.server;
    if (wasPending === isPending || server === undefined) return 0;
    const { pending } = this.own();
    const had = pending.has(server);
    count(pending, server, isPending ? 1 : -1);
    if (had === pending.has(server)) return 0;
    return had ? -1 : 1;
  }

  private own(): Counts {
    if (this.isShared) {
      const { pending, lines } = this.counts;
      this.counts = { pending: new Map(pending), lines: new Map(lines) };
      this.isShared = false;
    }
    return this.counts;
  }

  /** Servers of which a task is pending. */
  waitingFor(): Iterable<string> {
    return this.counts.pending.keys();
  }

  /** Does a task run wait for this server, or for this place? */
  waitsIn(line: string): boolean {
    return this.counts.lines.has(line);
  }

  /** The next batch begins with what this one leaves of the run. */
  keepFor(run: Run): void {
    if (run.open > 0) known.set(run.tasks, this.counts);
  }
}

/** What is counted down to nothing is not there. */
function count(counts: Map<string, number>, name: string, one: 1 | -1): void {
  const left = (counts.get(name) ?? 0) + one;
  if (left > 0) counts.set(name, left);
  else counts.delete(name);
}
