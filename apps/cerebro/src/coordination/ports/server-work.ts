import type { Run, TaskRun } from '@cordyna/engine';

/** What one run has at one server: what timers look for, so that they need no index on the states of task runs. */
export interface ServerWork {
  readonly server: string;
  readonly hasPending: boolean;
  /** Attempts that are invoked, queued or started. */
  readonly unfinished: number;
  /** Who has queued or started one of them, sorted. */
  readonly instances: readonly string[];
}

/** Is the task run's attempt at its server, as far as is known? */
export const isWithServer = ({ state, invocation }: TaskRun): boolean =>
  invocation !== null && (state === 'invoked' || state === 'queued' || state === 'started');

interface Counted {
  readonly server: string;
  hasPending: boolean;
  unfinished: number;
  instances: readonly string[];
}
type WorkByServer = ReadonlyMap<string, ServerWork>;

const NOTHING: WorkByServer = new Map();
/** What a batch leaves is what the next one begins with. */
const known = new WeakMap<Run['tasks'], WorkByServer>();

/** By server; servers at which the run has nothing to do are not there. */
export function serverWorkOf(run: Run): WorkByServer {
  if (run.open === 0) return NOTHING;
  const found = known.get(run.tasks);
  if (found) return found;
  const servers = new Map<string, Counted>();
  for (const task of run.tasks) {
    const isOpen = isWithServer(task);
    if (!isOpen && task.state !== 'pending') continue;
    const server = run.seed.plan.members[task.member]?.server;
    if (server === undefined) continue;
    let work = servers.get(server);
    if (!work) servers.set(server, (work = { server, hasPending: false, unfinished: 0, instances: [] }));
    if (isOpen) work.unfinished += 1;
    else work.hasPending = true;
    const holder = isOpen && task.state !== 'invoked' ? task.instance : null;
    if (holder !== null && !work.instances.includes(holder))
      work.instances = [...work.instances, holder].sort();
  }
  known.set(run.tasks, servers);
  return servers;
}

const isSame = (a: ServerWork, b: ServerWork): boolean =>
  a.hasPending === b.hasPending &&
  a.unfinished === b.unfinished &&
  a.instances.length === b.instances.length &&
  a.instances.every((instance, at) => instance === b.instances[at]);

/** What is not as it was; where nothing is left, nothing is said to be there. */
export function changedServerWork(before: Run | null, after: Run): readonly ServerWork[] {
  const [was, is] = [before ? serverWorkOf(before) : NOTHING, serverWorkOf(after)];
  if (was === is) return [];
  const changed: ServerWork[] = [];
  for (const work of is.values()) {
    const old = was.get(work.server);
    if (!old || !isSame(old, work)) changed.push(work);
  }
  for (const server of was.keys())
    if (!is.has(server)) changed.push({ server, hasPending: false, unfinished: 0, instances: [] });
  return changed;
}
