import { lineOf, type Plan, type Run, type TaskRun } from '@cordyna/engine';
import type { ServerWork } from './ports/index.js';

/** Is the task run's attempt at its server, as far as is known? */
export const isWithServer = ({ state, invocation }: TaskRun): boolean =>
  invocation !== null && (state === 'invoked' || state === 'queued' || state === 'started');

/** The line in which it stands. Reasons of other states are what people said. */
export const lineIn = ({ state, reason }: TaskRun): string | null =>
  state === 'pending' ? lineOf(reason) : null;

const servers = new WeakMap<Plan, readonly string[]>();

/** All that have a task of the plan. */
export function serversOf(plan: Plan): readonly string[] {
  const found = servers.get(plan) ?? [...new Set(plan.members.map(({ server }) => server))];
  servers.set(plan, found);
  return found;
}

/** Task runs at one server. */
interface Counts {
  pending: number;
  unfinished: number;
  /** instance → attempts that it has queued or started */
  readonly holders: Map<string, number>;
}

const NONE: Readonly<Counts> = { pending: 0, unfinished: 0, holders: new Map() };
/** What a batch leaves is what the next one begins with. */
const known = new WeakMap<Run['tasks'], RunWork>();

/**
 * What a run has at its servers, and in which lines its task runs wait: counted once, and kept by what each decision
 * touched, so that a decision about a run of 10,000 tasks costs what one about a run of 10 does.
 */
export class RunWork {
  /** Servers that this batch has changed → what was there before. The counts of all others are also those of others. */
  private readonly before = new Map<string, Readonly<Counts>>();

  private constructor(
    private readonly servers: Map<string, Counts>,
    private readonly lines: Map<string, number>,
  ) {}

  /** What a stored run has, to be changed by a batch. */
  static begin(run: Run): RunWork {
    const found = known.get(run.tasks);
    if (found) return new RunWork(new Map(found.servers), new Map(found.lines));
    const { servers, lines } = RunWork.create(run);
    return new RunWork(servers, lines);
  }

  /** What a new run has: all of it is a change. */
  static create(run: Run): RunWork {
    const work = new RunWork(new Map(), new Map());
    for (const task of run.tasks) work.change(run.seed.plan, null, task);
    return work;
  }

  /** A task run is now `after`; null before when it was not there. */
  change({ members }: Plan, before: TaskRun | null, after: TaskRun): void {
    const server = members[after.member]?.server;
    if (server === undefined) return;
    const counts = this.countsOf(server);
    if (before) add(counts, before, -1);
    add(counts, after, 1);
    const [left, joined] = [before && lineIn(before), lineIn(after)];
    if (left === joined) return;
    if (left !== null) this.addToLine(left, -1);
    if (joined !== null) this.addToLine(joined, 1);
  }

  /** Of this batch alone. */
  private countsOf(server: string): Counts {
    const found = this.servers.get(server);
    if (found && this.before.has(server)) return found;
    const was = found ?? NONE;
    const counts = { ...was, holders: new Map(was.holders) };
    this.before.set(server, was);
    this.servers.set(server, counts);
    return counts;
  }

  private addToLine(line: string, count: number): void {
    const waiting = (this.lines.get(line) ?? 0) + count;
    if (waiting > 0) this.lines.set(line, waiting);
    else this.lines.delete(line);
  }

  /** Does a task run wait for this server, or for this place? */
  waitsIn(line: string): boolean {
    return this.lines.has(line);
  }

  /** What is not as it was; where nothing is left, nothing is said to be there. */
  changed(): readonly ServerWork[] {
    const changed: ServerWork[] = [];
    for (const [server, counts] of this.before) {
      const [was, is] = [workOf(server, counts), workOf(server, this.servers.get(server) ?? NONE)];
      if (!isSame(was, is)) changed.push(is);
    }
    return changed;
  }

  /** The next batch begins with what this one leaves of the run. */
  keepFor(run: Run): void {
    if (run.open > 0) known.set(run.tasks, this);
  }
}

function add(counts: Counts, task: TaskRun, one: 1 | -1): void {
  if (task.state === 'pending') counts.pending += one;
  if (!isWithServer(task)) return;
  counts.unfinished += one;
  const { state, instance } = task;
  if (state === 'invoked' || instance === null) return;
  const held = (counts.holders.get(instance) ?? 0) + one;
  if (held > 0) counts.holders.set(instance, held);
  else counts.holders.delete(instance);
}

const workOf = (server: string, { pending, unfinished, holders }: Readonly<Counts>): ServerWork => ({
  server,
  hasPending: pending > 0,
  unfinished,
  instances: [...holders.keys()].sort(),
});

const isSame = (a: ServerWork, b: ServerWork): boolean =>
  a.hasPending === b.hasPending &&
  a.unfinished === b.unfinished &&
  a.instances.length === b.instances.length &&
  a.instances.every((instance, at) => instance === b.instances[at]);
