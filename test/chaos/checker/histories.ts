import { EventType, isFinalTaskState } from '@cordyna/protocol/model';
import type { RunState } from '@cordyna/protocol/model';
import type { Evidence, HistoryEntry, StoredRun } from './evidence.js';
import { take, type Folded } from './fold.js';
import type { Log } from './log.js';
import type { Violation } from './verdict.js';

const CANCEL = 'cordyna.run.cancel.requested.v1';
const UPDATES: ReadonlySet<string> = new Set([
  EventType.taskQueued,
  EventType.taskStarted,
  EventType.taskCompleted,
  EventType.taskError,
]);

const nameOf = (task: string, item: number | null): string => (item === null ? task : `${task}[${item}]`);

/** I3, I4, I6: what happened in each run, told again from its history alone, is allowed and leads to what is stored. */
export function checkHistories({ runs }: Evidence, log: Log): Violation[] {
  return runs.flatMap((run) => new Retelling(run, log).violations());
}

class Retelling {
  private readonly found: Violation[] = [];
  private readonly tasks: ReadonlyMap<string, Folded>;
  private state: RunState = 'running';

  constructor(
    private readonly stored: StoredRun,
    private readonly log: Log,
  ) {
    this.tasks = new Map(
      stored.tasks.map(({ task, item }) => [
        nameOf(task, item),
        { state: 'pending', attempt: 0, invocation: null, instance: null },
      ]),
    );
  }

  violations(): readonly Violation[] {
    const { history, nextSeq } = this.stored;
    history.forEach((row, at) => {
      if (row.seq !== at + 1) this.say('I4', `row ${at + 1} is missing: ${row.seq} comes instead`);
      if (row.applied) this.take(row);
    });
    if (nextSeq !== history.length + 1)
      this.say('I4', `it has ${history.length} rows and goes on with ${nextSeq}`);
    this.compare();
    return this.found;
  }

  private say(invariant: 'I3' | 'I4' | 'I6', what: string): void {
    const counts = invariant === 'I4' ? undefined : ('double applications' as const);
    this.found.push({ invariant, counts, what: `run ${this.stored.run}: ${what}` });
  }

  private take(row: HistoryEntry): void {
    if (row.task === null) return this.takeRun(row);
    const name = nameOf(row.task, row.item);
    const task = this.tasks.get(name);
    if (!task) return this.say('I4', `row ${row.seq} is about ${name}, which is not in it`);
    if (row.type === EventType.taskInvoked && row.item === null) this.checkUpstream(row);
    this.checkCurrent(row, name, task);
    const wrong = take(task, row);
    if (wrong) this.say('I3', `row ${row.seq}, ${name}: ${wrong}`);
  }

  /** I6: what a server reports speaks of the attempt that is going on. */
  private checkCurrent({ seq, topic, type, attempt, data }: HistoryEntry, name: string, task: Folded): void {
    if (topic !== 'events' || !UPDATES.has(type)) return;
    const { invocation } = data as { invocation?: string };
    if (invocation !== undefined && (invocation !== task.invocation || attempt !== task.attempt))
      this.say('I6', `row ${seq}, ${name}: attempt ${attempt} changed it while ${task.attempt} was going on`);
  }

  /** I3: invoked when all that it depends on, and that is in this run, is completed. */
  private checkUpstream({ seq, task }: HistoryEntry): void {
    for (const dependency of this.log.dependencies.get(task ?? '') ?? []) {
      const state = this.tasks.get(dependency)?.state;
      if (state !== undefined && state !== 'completed')
        this.say('I3', `row ${seq}: ${task} is invoked while ${dependency} is ${state}`);
    }
  }

  private takeRun({ seq, type, data }: HistoryEntry): void {
    if (type === CANCEL && this.state !== 'running')
      this.say('I3', `row ${seq}: cancelled while ${this.state}`);
    if (type !== EventType.runFinished) return;
    if (this.state !== 'running') this.say('I3', `row ${seq}: it ends a second time`);
    this.state = (data as { state: RunState }).state;
    const all = [...this.tasks.values()].map(({ state }) => state);
    if (!all.every(isFinalTaskState)) this.say('I3', `row ${seq}: it ends before its tasks have`);
    const wanted: RunState = all.includes('error') ? 'failed' : 'completed';
    if (this.state !== 'cancelled' && this.state !== wanted)
      this.say('I3', `row ${seq}: it is ${this.state} where its tasks make it ${wanted}`);
  }

  /** I4: the history leads to what is stored. */
  private compare(): void {
    const { state, tasks } = this.stored;
    if (state !== this.state) this.say('I4', `its history makes it ${this.state}, it is stored as ${state}`);
    for (const { task, item, ...stored } of tasks) {
      const name = nameOf(task, item);
      const told = this.tasks.get(name);
      for (const field of ['state', 'attempt', 'invocation'] as const)
        if (told?.[field] !== stored[field])
          this.say('I4', `${name}: by its history ${field} is ${told?.[field]}, stored is ${stored[field]}`);
    }
  }
}
