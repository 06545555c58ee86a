import { isFinalTaskState } from '@cordyna/protocol/model';
import type { JsonObject } from '@cordyna/protocol/model';
import type {
  Command,
  Decision,
  Fact,
  FreshnessWrite,
  HistoryRow,
  Member,
  Origin,
  Run,
  TaskRun,
  World,
} from '../model/index.js';
import { apply } from './evolve.js';
import { memberOf } from './lookup.js';
import { releasePlaces } from './places.js';
import { nextTurn } from './turns.js';

/** What a history row says, but for its position and origin. */
export interface Entry {
  readonly type: string;
  readonly task: string | null;
  readonly item: number | null;
  readonly attempt: number | null;
  readonly reason?: string | null;
  readonly data: object;
}

/** The making of one decision: rows are applied to the run as they are written. Lives for one call of `step`. */
export class Draft {
  readonly commands: Command[] = [];
  readonly facts: Fact[] = [];
  /** Task runs to look at before the decision is done, first in, first out. */
  readonly queue: number[] = [];
  private readonly rows: HistoryRow[] = [];
  /** Elements of a `forEach` that have their turn by this decision. */
  private readonly turns = new Set<number>();
  private readonly touched = new Set<number>();
  private readonly reads = new Set<string>();
  private readonly freshness = new Map<string, FreshnessWrite>();
  private readonly invokes = new Map<string, number>();
  private readonly held = new Map<string, string>();
  /** It has left something to the next one. */
  isCutShort = false;
  private begun = 0;
  private refused: string | null = null;

  constructor(
    public run: Run,
    readonly origin: Origin,
    readonly world: World,
  ) {}

  task(index: number): TaskRun {
    return this.run.tasks.at(index);
  }

  member(task: TaskRun): Member {
    return memberOf(this.run, task);
  }

  /** The fields of a row about a task run. */
  about(task: TaskRun, attempt: number = task.attempt): Pick<Entry, 'task' | 'item' | 'attempt'> {
    return {
      task: this.member(task).task,
      item: task.item?.index ?? null,
      attempt: attempt === 0 ? null : attempt,
    };
  }

  /** The input's own row, applied. Returns its `seq`. */
  input(entry: Entry): number {
    return this.write(entry, true, this.inputOrigin());
  }

  /** The input's own row, refused. */
  refuse(entry: Entry, reason: string): void {
    this.refused = reason;
    this.write({ ...entry, reason }, false, this.inputOrigin());
  }

  /** An input that only asks to look again, and for which there was nothing to do: it leaves no row. */
  ignore(reason: string): void {
    this.refused ??= reason;
  }

  get isRefused(): boolean {
    return this.refused !== null;
  }

  /** A consequence, decided by the coordinator on its own clock. Returns its `seq`. */
  row(entry: Entry): number {
    const { coordinator: source = '/cerebro', now } = this.origin;
    return this.write(entry, true, { source, at: now, topic: null, partition: null, offset: null });
  }

  fact(seq: number, type: string, subject: string, data: object): void {
    this.facts.push({ seq, type, subject, data: data as JsonObject });
  }

  looked(tasks: readonly string[]): void {
    for (const task of tasks) this.reads.add(task);
  }

  /** Later writes of one decision are joined with earlier ones. */
  writeFreshness(write: FreshnessWrite): void {
    const before = this.freshness.get(write.task);
    if (!before) return void this.freshness.set(write.task, write);
    const holders = { ...before.holders, ...write.holders };
    const held = before.holders || write.holders ? { holders } : {};
    this.freshness.set(write.task, { ...before, ...write, ...held });
  }

  /** What this decision has written of the task so far. */
  written(task: string): FreshnessWrite | undefined {
    return this.freshness.get(task);
  }

  /** Does an older run wait in this line? */
  isBehind(line: string): boolean {
    const { createdAt, seed } = this.run;
    return this.world.capacity(line, { run: seed.run, createdAt }) === 0;
  }

  hasCapacity(server: string): boolean {
    const { createdAt, seed } = this.run;
    return this.world.capacity(server, { run: seed.run, createdAt }) > (this.invokes.get(server) ?? 0);
  }

  /** It leaves the rest to another one. */
  get hasBegunEnough(): boolean {
    return this.world.portion !== undefined && this.begun >= this.world.portion;
  }

  takeCapacity(server: string): void {
    this.begun += 1;
    this.invokes.set(server, (this.invokes.get(server) ?? 0) + 1);
  }

  /** The server takes nothing more for the rest of this decision. */
  hold(server: string, reason: string): void {
    this.held.set(server, reason);
  }

  /** Why nothing more is invoked at the server, once that was found out in this decision. */
  heldFor(server: string): string | undefined {
    return this.held.get(server);
  }

  decision(): Decision {
    return {
      run: this.run,
      touched: [...this.touched].sort((a, b) => a - b),
      rows: this.rows,
      commands: this.commands,
      facts: this.facts,
      freshness: [...this.freshness.values()],
      read: [...this.reads],
      refused: this.refused,
      isCutShort: this.isCutShort,
    };
  }

  private inputOrigin() {
    const { source, at, topic = null, partition = null, offset = null } = this.origin;
    return { source, at, topic, partition, offset };
  }

  private write(
    entry: Entry,
    applied: boolean,
    from: Pick<HistoryRow, 'source' | 'at' | 'topic' | 'partition' | 'offset'>,
  ): number {
    const seq = this.run.nextSeq;
    const data = (applied ? { now: this.origin.now, ...entry.data } : entry.data) as JsonObject;
    const { type, task, item, attempt, reason = null } = entry;
    const { source, at, topic, partition, offset } = from;
    const row = {
      seq,
      at,
      source,
      type,
      task,
      item,
      attempt,
      applied,
      reason,
      topic,
      partition,
      offset,
      data,
    };
    const before = this.run;
    const { run, touched } = apply(before, row);
    this.run = run;
    this.rows.push(row);
    for (const index of touched) {
      this.touched.add(index);
      if (index < before.tasks.length) releasePlaces(this, before.tasks.at(index), this.task(index));
      this.wake(this.task(index));
    }
    return seq;
  }

  /** Queues what may go on now that a task run has ended. */
  private wake(task: TaskRun): void {
    if (!isFinalTaskState(task.state)) return;
    if (task.item !== null) return this.wakeWhole(this.task(task.member));
    for (const index of this.member(task).downstream) {
      if (this.task(index).upstreamOpen === 0) this.queue.push(index);
    }
  }

  /** An element has ended: the next one has its turn, or the whole ends. */
  private wakeWhole(whole: TaskRun): void {
    if (whole.elementsOpen === 0) return void this.queue.push(whole.index);
    const next = nextTurn(this.run, whole, this.member(whole), (index) => this.turns.has(index));
    if (next === null) return;
    this.turns.add(next);
    this.queue.push(next);
  }
}
