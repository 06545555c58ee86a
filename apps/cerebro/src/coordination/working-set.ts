import { heldAfter, type Decision, type Freshness, type Registry, type Run } from '@cordyna/engine';
import {
  keyOf,
  lineIn,
  positionOf,
  type Changes,
  type DeadLetterRow,
  type Envelope,
  type Firing,
  type Loaded,
  type OutboxMessage,
  type RegistryChange,
  type Schedule,
  type StoredKey,
  type Versioned,
} from './ports/index.js';
import { EventWork } from './event-work.js';
import type { PartitionRange } from './inbound.js';
import type { Published } from './published.js';
import { NotLoaded } from './not-loaded.js';
import { LoadChanges } from './load-changes.js';
import { SignsOfLife } from './signs-of-life.js';
import { RunWork, SMALL_TASKS, changedWaits, serversOf, waitsIn } from './server-work.js';
import { touchedIn, workingRun, type WorkingRun } from './working-run.js';
import { savedOf, type WorkingSchedule } from './working-schedule.js';
import type { WaitChange } from './waiting-lines.js';
import type { Heartbeat } from '@cordyna/protocol/model';

/** Ids that were looked for: only of these is it known that what was not found is not there. */
interface Sought {
  readonly runs: Pick<ReadonlySet<string>, 'has'>;
  readonly schedules: Pick<ReadonlySet<string>, 'has'>;
  /** By `keyOf(target, key)`. */
  readonly keys: Pick<ReadonlySet<string>, 'has'>;
}
const EACH = { has: () => true };
const ALL: Sought = { runs: EACH, schedules: EACH, keys: EACH };

/**
 * Everything that one batch reads and writes. Decisions see what earlier inputs of the same batch decided; nothing
 * outside changes before the commit, so that a batch can be thrown away and decided again.
 */
export class WorkingSet {
  private readonly runs = new Map<string, WorkingRun>();
  private readonly absentRuns = new Set<string>();
  private readonly newKeys = new Map<string, StoredKey>();
  private readonly freshnessValues = new Map<string, Freshness>();
  private readonly freshnessRead = new Map<string, number>();
  private readonly freshnessWrites: Changes['freshness']['writes'][number][] = [];
  private readonly schedules = new Map<string, WorkingSchedule>();
  private readonly positions = new Map<string, Changes['positions'][number]>();
  private currentRegistry: Registry;
  private registryRead = false;
  private readonly registryChanges: RegistryChange[] = [];
  private readonly firings: Firing[] = [];
  private readonly heartbeats: Heartbeat[] = [];
  private readonly signs = new SignsOfLife();
  private readonly lost: Changes['lost'][number][] = [];
  private readonly deadLetters: DeadLetterRow[] = [];
  private readonly messages: OutboxMessage[] = [];
  /** Of attempts that have ended before their invoke was sent. */
  private readonly unsent = new Set<OutboxMessage>();
  private readonly invokes = new Map<string, OutboxMessage>();
  private readonly published: string[] = [];
  private readonly narrowed: Changes['narrowed'][number][] = [];
  /** Invocations that have ended: of no interest to marks of their publication. */
  readonly ended: string[] = [];
  readonly events: EventWork;
  /** Runs of which a decision has left something to the next. */
  readonly cutShort = new Set<string>();
  private readonly work = new LoadChanges();
  /** Tasks of which places under a limit were given back */
  readonly freed = new Set<string>();
  /** server → run → whether it waits for that server now */
  readonly waits = new Map<string, Map<string, WaitChange>>();

  constructor(
    private readonly loaded: Loaded,
    private readonly registryVersion: number,
    registry: Registry,
    private readonly envelope: Envelope,
    private readonly sought: Sought = ALL,
    private readonly smallTasks = SMALL_TASKS,
  ) {
    this.currentRegistry = registry;
    this.events = new EventWork(loaded.events);
    for (const [id, { value, version, contentHash }] of loaded.runs)
      this.runs.set(id, workingRun(value, version, contentHash));
    for (const [id, { value, version, lastRunOpen }] of loaded.schedules) {
      this.schedules.set(id, { value, lastRunOpen, expectedVersion: version, changed: false, before: value });
    }
    for (const [task, { value }] of loaded.freshness) this.freshnessValues.set(task, value);
  }

  /** server → invocations begun less ended */
  get load(): ReadonlyMap<string, number> {
    return this.work.unfinished;
  }

  /** The registry in force; the commit checks that it still is. */
  registry(): Registry {
    this.registryRead = true;
    return this.currentRegistry;
  }

  changeRegistry(registry: Registry, change: RegistryChange): void {
    this.currentRegistry = registry;
    this.registryChanges.push(change);
  }

  /** The run, or undefined, which the commit then checks. @throws NotLoaded */
  run(id: string): Run | undefined {
    const found = this.runs.get(id);
    if (!found && !this.sought.runs.has(id)) throw new NotLoaded({ runs: [id] });
    if (!found) this.absentRuns.add(id);
    return found?.run;
  }

  contentHashOf(run: string): string | undefined {
    return this.runs.get(run)?.contentHash;
  }

  addRun(decision: Decision, contentHash: string): void {
    const { run } = decision;
    this.absentRuns.delete(run.seed.run);
    this.runs.set(run.seed.run, workingRun(run, null, contentHash));
    this.absorb(decision);
  }

  /** Takes over what the engine decided: the run's new state, and its effects as messages of this transaction. */
  absorb(decision: Decision): void {
    const { seed } = decision.run;
    const working = this.runs.get(seed.run);
    if (!working) throw new Error(`run ${seed.run} is not in this batch`);
    if (!working.work && !this.isSmall(decision.run)) working.work = this.beginWork(working);
    this.countLoad(working.run, decision, working.work);
    working.run = decision.run;
    if (decision.isCutShort) this.cutShort.add(seed.run);
    for (const index of decision.touched) working.touched.push(index);
    for (const row of decision.rows) working.rows.push(row);
    for (const task of decision.read) this.freshnessRead.set(task, this.freshnessVersion(task));
    for (const write of decision.freshness) this.writeFreshness(write);
    for (const command of decision.commands) {
      if (command.kind === 'attempt-ended') {
        this.endAttempt(command.invocation);
        continue;
      }
      const message = this.envelope.command(command, seed.traceparent);
      this.messages.push(message);
      if (command.kind === 'invoke') this.invokes.set(command.data.invocation, message);
    }
    for (const fact of decision.facts)
      this.messages.push(this.envelope.fact(seed.run, fact, seed.traceparent));
  }

  private endAttempt(invocation: string): void {
    this.ended.push(invocation);
    const unsent = this.invokes.get(invocation);
    if (unsent) this.unsent.add(unsent);
  }

  private countLoad(before: Run, { run, touched }: Decision, work: RunWork | null): void {
    let waiting: Set<string> | null = null;
    for (const index of touched) {
      const after = run.tasks.at(index);
      const known = index < before.tasks.length && before !== run ? before.tasks.at(index) : null;
      const server = run.seed.plan.members[after.member]?.server;
      if (!server) continue;
      if (work && before !== run) this.work.wait(server, work.change(run.seed.plan, known, after));
      this.work.change(server, known, after);
      const left = known && lineIn(known);
      const joined = lineIn(after);
      if (left === null && joined === null) continue;
      waiting ??= new Set();
      if (left !== null) waiting.add(left);
      if (joined !== null) waiting.add(joined);
    }
    for (const line of waiting ?? []) this.noteWait(run, line, waitsIn(run, work, line));
  }

  /** Of a run that is large, or about to be: what it has come to as a small one is counted at once. */
  private beginWork({ before, run }: WorkingRun): RunWork {
    const work = RunWork.begin(run);
    if (before === run) return work;
    for (const server of work.waitingFor()) this.work.wait(server, 1);
    if (before) for (const server of RunWork.begin(before).waitingFor()) this.work.wait(server, -1);
    return work;
  }

  private isSmall({ tasks }: Run): boolean {
    return tasks.length <= this.smallTasks;
  }

  /** What a proposal found out about a run, also when it changed nothing. */
  noteWhereItWaits(run: Run): void {
    const known = this.runs.get(run.seed.run)?.work;
    const work = known ?? (this.isSmall(run) ? null : RunWork.begin(run));
    for (const server of serversOf(run.seed.plan)) this.noteWait(run, server, waitsIn(run, work, server));
  }

  private noteWait({ seed, createdAt }: Run, server: string, waits: boolean): void {
    const runs = this.waits.get(server) ?? new Map<string, WaitChange>();
    runs.set(seed.run, { age: { run: seed.run, createdAt }, waits });
    this.waits.set(server, runs);
  }

  /** @throws NotLoaded */
  freshness(task: string): Freshness {
    const known = this.freshnessValues.get(task);
    if (!known) throw new NotLoaded({ freshness: [task] });
    return known;
  }

  /** A version that was only supposed would be a conflict whenever the batch is decided again. @throws NotLoaded */
  private freshnessVersion(task: string): number {
    const found = this.loaded.freshness.get(task);
    if (!found) throw new NotLoaded({ freshness: [task] });
    return found.version;
  }

  private writeFreshness(write: Changes['freshness']['writes'][number]): void {
    this.freshnessWrites.push(write);
    if (write.holders && Object.values(write.holders).includes(null)) this.freed.add(write.task);
    const before = this.freshnessValues.get(write.task);
    if (!before) return;
    this.freshnessValues.set(write.task, {
      task: write.task,
      consumed: { ...before.consumed, ...write.consumed },
      latest: write.latest ?? before.latest,
      ...heldAfter(before.holders, write.holders),
    });
  }

  key(target: string, key: string): StoredKey | undefined {
    const id = keyOf(target, key);
    return this.newKeys.get(id) ?? this.loaded.keys.get(id);
  }

  /** What is denied may rest on there being no such key, which no commit would compare. @throws NotLoaded */
  mustKnowKey(target: string, key: string | null): void {
    if (key !== null && !this.key(target, key) && !this.sought.keys.has(keyOf(target, key)))
      throw new NotLoaded({ keys: [{ target, key }] });
  }

  addKey(key: StoredKey): void {
    this.newKeys.set(keyOf(key.target, key.key), key);
  }

  /** @throws NotLoaded */
  schedule(id: string): { value: Schedule; lastRunOpen: boolean } | undefined {
    const found = this.schedules.get(id);
    if (!found && !this.sought.schedules.has(id)) throw new NotLoaded({ schedules: [id] });
    return found;
  }

  saveSchedule(value: Schedule, lastRunOpen: boolean): void {
    const { expectedVersion = null, before = null } = this.schedules.get(value.schedule) ?? {};
    this.schedules.set(value.schedule, { value, expectedVersion, lastRunOpen, changed: true, before });
  }

  hasFiring(schedule: string, scheduledFor: number): boolean {
    return this.firings.some((one) => one.schedule === schedule && one.scheduledFor === scheduledFor);
  }

  addFiring(firing: Firing): void {
    this.firings.push(firing);
  }

  addHeartbeat(heartbeat: Heartbeat): void {
    this.heartbeats.push(heartbeat);
  }

  addSignOfLife(server: string, instance: string, sentAt: number): void {
    this.signs.add(server, instance, sentAt);
  }

  lose(lost: Changes['lost'][number]): void {
    this.lost.push(lost);
  }

  addDeadLetter(row: DeadLetterRow): void {
    this.deadLetters.push(row);
    this.messages.push(this.envelope.deadLetter(row));
  }

  addMessage(message: OutboxMessage): void {
    this.messages.push(message);
  }

  markPublished({ row, settled }: Published): void {
    if (settled === null) this.published.push(row);
    else this.narrowed.push({ row, settled });
  }

  /** The offset of the next record to apply: of a partition without a position the first one, unless it is gone for good. */
  nextOffset(range: PartitionRange): bigint {
    const id = positionOf(range.topic, range.partition);
    const beginning = range.skipsGap ? range.fetchedOffset : 0n;
    return this.positions.get(id)?.to ?? this.loaded.positions.get(id) ?? beginning;
  }

  movePosition(range: PartitionRange): void {
    const id = positionOf(range.topic, range.partition);
    const from = this.loaded.positions.get(id) ?? null;
    const to = this.nextOffset(range) > range.nextOffset ? this.nextOffset(range) : range.nextOffset;
    this.positions.set(id, { topic: range.topic, partition: range.partition, from, to });
  }

  /** Runs as they are after this batch, with the version that the commit gives them. */
  *changedRuns(): Iterable<{ run: Run; version: number; contentHash: string }> {
    for (const { run, expectedVersion, contentHash, rows, touched } of this.runs.values()) {
      if (rows.length === 0 && touched.length === 0) continue;
      yield { run, contentHash, version: (expectedVersion ?? 0) + 1 };
    }
  }

  changes(): Changes {
    const { messages } = this;
    const runs = [];
    const events = this.events.changes(this.registryChanges);
    for (const { run, before, work, expectedVersion, contentHash, touched, rows } of this.runs.values()) {
      if (rows.length === 0 && touched.length === 0) continue;
      if (work) work.keepFor(run);
      else for (const [server, change] of changedWaits(before, run)) this.work.wait(server, change);
      const tasks = touchedIn(run, touched);
      runs.push({ run, before, seed: run.seed, expectedVersion, contentHash, touched: tasks, rows });
    }
    return {
      positions: [...this.positions.values()],
      runs,
      load: this.work.changes(),
      absentRuns: [...this.absentRuns],
      keys: [...this.newKeys.values()],
      freshness: { read: this.freshnessRead, writes: this.freshnessWrites },
      registry: {
        read: this.registryRead || this.registryChanges.length > 0 ? this.registryVersion : null,
        changes: this.registryChanges,
      },
      schedules: [...this.schedules.values()].filter(({ changed }) => changed).map(savedOf),
      firings: this.firings,
      heartbeats: this.heartbeats,
      signsOfLife: this.signs.all(),
      lost: this.lost,
      outbox: this.unsent.size === 0 ? messages : messages.filter((message) => !this.unsent.has(message)),
      published: this.published,
      narrowed: this.narrowed,
      deadLetters: this.deadLetters,
      ...(events ? { events } : {}),
    };
  }

  get registryChanged(): boolean {
    return this.registryChanges.length > 0;
  }

  /** What the registry is after the commit. */
  registryAfter(): Versioned<Registry> {
    return {
      version: this.registryVersion + (this.registryChanged ? 1 : 0),
      value: this.currentRegistry,
    };
  }
}
