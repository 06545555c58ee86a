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
export interface Entry<D extends object = object> {
  readonly type: string;
  readonly task: string | null;
  readonly item: number | null;
  readonly attempt: number | null;
  /** Position of the task run. */
  readonly index?: number;
  readonly reason?: string | null;
  readonly data: D;
}
/** Of a row that is applied: with the database's clock. */
export type AppliedEntry = Entry<{ readonly now: number; readonly [name: string]: unknown }>;

type Place = Pick<Origin, 'topic' | 'partition' | 'offset'>;
const NOWHERE: Place = {};
const NONE: readonly never[] = [];

function added<T>(list: T[] | null, one: T): T[] {
  if (list === null) return [one];
  list.push(one);
  return list;
}

/** Each once; sorts the list itself, unless it is in order: most are. */
function inOrder(indexes: number[]): readonly number[] {
  for (let at = 1; at < indexes.length; at += 1)
    if ((indexes[at] as number) <= (indexes[at - 1] as number))
      return indexes.sort((a, b) => a - b).filter((index, place) => index !== indexes[place - 1]);
  return indexes;
}

/** The making of one decision: rows are applied to the run as they are written. Lives for one call of `step`. */
export class Draft {
  /** Task runs to look at before the decision is done, first in, first out. */
  readonly queue: number[] = [];
  // Most of these lists have one element, and one that grows has room for many.
  private rows: HistoryRow[] | null = null;
  private touched: number[] | null = null;
  private commands: Command[] | null = null;
  private facts: Fact[] | null = null;
  // Few decisions need any of these, and each is as large as a decision without them.
  /** Elements of a `forEach` that have their turn by this decision. */
  private turns: Set<number> | null = null;
  private reads: Set<string> | null = null;
  private freshness: Map<string, FreshnessWrite> | null = null;
  private invokes: Map<string, number> | null = null;
  private held: Map<string, string> | null = null;
  /** It has left something to the next one. */
  isCutShort = false;
  private begun = 0;
  private refused: string | null = null;

  constructor(
    public run: Run,
    readonly origin: Origin,
    readonly world: World,
  ) {}

  /** The database's clock, epoch ms. */
  get now(): number {
    return this.origin.now;
  }

  task(index: number): TaskRun {
    return this.run.tasks.at(index);
  }

  member(task: TaskRun): Member {
    return memberOf(this.run, task);
  }

  /** The fields of a row about a task run. */
  about(task: TaskRun, attempt: number = task.attempt): Pick<Entry, 'task' | 'item' | 'attempt' | 'index'> {
    return {
      task: this.member(task).task,
      item: task.item?.index ?? null,
      attempt: attempt === 0 ? null : attempt,
      index: task.index,
    };
  }

  /** The input's own row, applied. Returns its `seq`. */
  input(entry: AppliedEntry): number {
    const { source, at } = this.origin;
    return this.write(entry, true, source, at, this.origin);
  }

  /** The input's own row, refused. */
  refuse(entry: Entry, reason: string): void {
    this.refused = reason;
    const { source, at } = this.origin;
    this.write({ ...entry, reason }, false, source, at, this.origin);
  }

  /** An input that only asks to look again, and for which there was nothing to do: it leaves no row. */
  ignore(reason: string): void {
    this.refused ??= reason;
  }

  get isRefused(): boolean {
    return this.refused !== null;
  }

  /** A consequence, decided by the coordinator on its own clock. Returns its `seq`. */
  row(entry: AppliedEntry): number {
    const { coordinator = '/cerebro', now } = this.origin;
    return this.write(entry, true, coordinator, now, NOWHERE);
  }

  fact(seq: number, type: string, subject: string, data: object): void {
    this.facts = added(this.facts, { seq, type, subject, data: data as JsonObject });
  }

  command(command: Command): void {
    this.commands = added(this.commands, command);
  }

  looked(tasks: readonly string[]): void {
    this.reads ??= new Set();
    for (const task of tasks) this.reads.add(task);
  }

  /** Later writes of one decision are joined with earlier ones. */
  writeFreshness(write: FreshnessWrite): void {
    this.freshness ??= new Map();
    const before = this.freshness.get(write.task);
    if (!before) return void this.freshness.set(write.task, write);
    const holders = { ...before.holders, ...write.holders };
    const held = before.holders || write.holders ? { holders } : {};
    this.freshness.set(write.task, { ...before, ...write, ...held });
  }

  /** What this decision has written of the task so far. */
  written(task: string): FreshnessWrite | undefined {
    return this.freshness?.get(task);
  }

  /** Does an older run wait in this line? */
  isBehind(line: string): boolean {
    const { createdAt, seed } = this.run;
    return this.world.capacity(line, { run: seed.run, createdAt }) === 0;
  }

  hasCapacity(server: string): boolean {
    const { createdAt, seed } = this.run;
    return this.world.capacity(server, { run: seed.run, createdAt }) > (this.invokes?.get(server) ?? 0);
  }

  /** It leaves the rest to another one. */
  get hasBegunEnough(): boolean {
    return this.world.portion !== undefined && this.begun >= this.world.portion;
  }

  takeCapacity(server: string): void {
    this.begun += 1;
    this.invokes ??= new Map();
    this.invokes.set(server, (this.invokes.get(server) ?? 0) + 1);
  }

  /** The server takes nothing more for the rest of this decision. */
  hold(server: string, reason: string): void {
    this.held ??= new Map();
    this.held.set(server, reason);
  }

  /** Why nothing more is invoked at the server, once that was found out in this decision. */
  heldFor(server: string): string | undefined {
    return this.held?.get(server);
  }

  decision(): Decision {
    return {
      run: this.run,
      touched: this.touched ? inOrder(this.touched) : NONE,
      rows: this.rows ?? NONE,
      commands: this.commands ?? NONE,
      facts: this.facts ?? NONE,
      freshness: this.freshness ? [...this.freshness.values()] : NONE,
      read: this.reads ? [...this.reads] : NONE,
      refused: this.refused,
      isCutShort: this.isCutShort,
    };
  }

  private write(entry: Entry, applied: boolean, source: string, at: number, from: Place): number {
    const before = this.run;
    const seq = before.nextSeq;
    const { type, task, item, attempt, reason = null } = entry;
    const { topic = null, partition = null, offset = null } = from;
    const data = entry.data as JsonObject;
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
    const { run, touched } = apply(before, row, entry.index);
    this.run = run;
    this.rows = added(this.rows, row);
    for (const index of touched) {
      const after = run.tasks.at(index);
      this.touched = added(this.touched, index);
      if (index < before.tasks.length) releasePlaces(this, before.tasks.at(index), after);
      this.wake(after);
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
    const next = nextTurn(this.run, whole, this.member(whole), (index) => this.turns?.has(index) ?? false);
    if (next === null) return;
    this.turns ??= new Set();
    this.turns.add(next);
    this.queue.push(next);
  }
}
