import { definitionId, type FreshnessWrite, type Holders, type TaskRun } from '@cordyna/engine';
import { isFinalTaskState } from '@cordyna/protocol/model';
import {
  Conflict,
  StoreRefused,
  keyOf,
  positionOf,
  restOf,
  type Changes,
  type RunChange,
  type Saved,
} from '../../../apps/cerebro/src/coordination/ports/index.js';
import { firingKey, type Database } from './database.js';
import { checkEvents, writeEvents } from './events.js';
import { writeInstances } from './write-instances.js';

/** A text that this store refuses, as PostgreSQL refuses some values. */
export const UNSTORABLE = 'value that the store refuses';

const expect = (holds: boolean, subject: string): void => {
  if (!holds) throw new Conflict(`${subject}: not as it was read`);
};

/** One transaction: all of it, or a Conflict or StoreRefused and nothing. */
export function write(db: Database, changes: Changes, now: number, stamp = now): Saved {
  if (db.isChecking) check(db, changes);
  refuseUnstorable(changes);
  db.commits += 1;
  const ofServers = changes.load.filter(({ instance }) => instance === null);
  db.loads.push(new Map(ofServers.map(({ server, unfinished }) => [server, unfinished])));
  for (const { topic, partition, to } of changes.positions)
    db.positions.set(positionOf(topic, partition), to);
  for (const change of changes.runs) writeRun(db, change);
  for (const key of changes.keys) db.keys.set(keyOf(key.target, key.key), key);
  writeRegistry(db, changes);
  writeFreshness(db, changes);
  for (const { value } of changes.schedules) {
    const version = (db.schedules.get(value.schedule)?.version ?? 0) + 1;
    db.schedules.set(value.schedule, { version, value });
  }
  for (const firing of changes.firings)
    db.firings.set(firingKey(firing.schedule, firing.scheduledFor), firing);
  writeEvents(db, changes.events, now);
  const lost = db.lost.length;
  writeInstances(db, changes, now);
  const transaction = changes.runs.length > 0 ? BigInt(db.commits) : null;
  const outbox = writeOutbox(db, changes, now, stamp);
  return { outbox, lost: db.lost.length - lost, clock: now, transaction };
}

function check(db: Database, changes: Changes): void {
  for (const { topic, partition, from } of changes.positions)
    expect((db.positions.get(positionOf(topic, partition)) ?? null) === from, 'position');
  for (const { run, expectedVersion } of changes.runs)
    expect((db.runs.get(run.seed.run)?.version ?? null) === expectedVersion, 'run');
  for (const run of changes.absentRuns) expect(!db.runs.has(run), 'absent run');
  for (const { target, key } of changes.keys) expect(!db.keys.has(keyOf(target, key)), 'key');
  for (const [task, version] of changes.freshness.read)
    expect((db.freshness.get(task)?.version ?? 0) === version, 'freshness');
  const { read } = changes.registry;
  expect(read === null || db.registry.version === read, 'registry');
  for (const { expectedVersion, value } of changes.schedules)
    expect((db.schedules.get(value.schedule)?.version ?? null) === expectedVersion, 'schedule');
  for (const { schedule, scheduledFor } of changes.firings)
    expect(!db.firings.has(firingKey(schedule, scheduledFor)), 'firing');
  checkEvents(db, changes.events);
}

function refuseUnstorable({ runs }: Changes): void {
  for (const { rows } of runs) {
    if (rows.some(({ data }) => JSON.stringify(data).includes(UNSTORABLE)))
      throw new StoreRefused('22000: a value that is refused');
  }
}

function writeRun(db: Database, { run, seed, expectedVersion, contentHash, touched, rows }: RunChange): void {
  const { state, createdAt, finishedAt, nextSeq, retried } = run;
  const before = db.runs.get(seed.run);
  const row = before ?? {
    ...{ version: 0, seed, contentHash, state, createdAt, finishedAt, nextSeq, retried },
    ...{ tasks: [], history: [] },
  };
  Object.assign(row, { version: row.version + 1, state, finishedAt, nextSeq, retried });
  for (const task of expectedVersion === null ? run.tasks : touched) row.tasks[task.index] = task;
  row.history.push(...rows.map((added) => ({ ...added, commit: db.commits })));
  db.runs.set(seed.run, row);
  if (row.state === 'running' || row.tasks.some(isBusy)) db.busy.set(seed.run, row);
  else db.busy.delete(seed.run);
}

const isBusy = ({ state, deadlineAt, retryAt }: TaskRun): boolean =>
  !isFinalTaskState(state) || deadlineAt !== null || retryAt !== null;

function writeRegistry(db: Database, { registry: { changes } }: Changes): void {
  if (changes.length > 0) db.registry.version += 1;
  for (const change of changes) {
    if (change.kind === 'declare') {
      db.registry.servers.set(change.server.server, { server: change.server, withdrawn: false });
      for (const task of change.tasks) beginFreshness(db, task);
      continue;
    }
    if (change.kind === 'define') {
      db.registry.definitions.set(definitionId(change.definition), change.definition);
      continue;
    }
    const known = db.registry.servers.get(change.server);
    if (known && change.kind === 'notify') known.server = { ...known.server, notices: change.notices };
    else if (known) known.withdrawn = true;
  }
}

/** A row of version 0, so that there is one to compare. */
export function beginFreshness(db: Database, task: string): void {
  if (!db.freshness.has(task)) db.freshness.set(task, { version: 0, consumed: {}, latest: null });
}

function writeFreshness(db: Database, { freshness, runs }: Changes): void {
  for (const [task] of freshness.read) beginFreshness(db, task);
  // Several writes of a task in one batch raise its version once.
  for (const task of new Set(freshness.writes.map((one) => one.task))) {
    beginFreshness(db, task);
    const row = db.freshness.get(task);
    if (!row) continue;
    row.version += 1;
    for (const { task: of, consumed, latest, holders } of freshness.writes) {
      if (of !== task) continue;
      if (holders) row.holders = heldAfter({ ...row.holders, ...holders });
      row.consumed = { ...row.consumed, ...consumed };
      if (!latest) continue;
      const { run, output } = latest;
      row.latest = { run, index: indexOf(run, task, runs), list: Array.isArray(output) };
    }
  }
}

const heldAfter = (merged: NonNullable<FreshnessWrite['holders']>): Holders =>
  Object.fromEntries(
    Object.entries(merged).filter((one): one is [string, readonly string[]] => one[1] !== null),
  );

function indexOf(run: string, task: string, runs: readonly RunChange[]): number | null {
  const change = runs.find(({ seed }) => seed.run === run);
  const { members } = change?.seed.plan ?? { members: [] };
  const found = change?.touched.find(({ item, member }) => item === null && members[member]?.task === task);
  return found?.index ?? members.find((member) => member.task === task)?.index ?? null;
}

function writeOutbox(db: Database, changes: Changes, now: number, stamp: number): Saved['outbox'] {
  for (const id of changes.published) db.outbox.delete(id);
  for (const { row, settled } of changes.narrowed) {
    const found = db.outbox.get(row);
    if (!found) continue;
    const rest = restOf(found, (_, place) => !settled.includes(place));
    db.outbox.set(row, { ...rest, written: found.written });
  }
  db.deadLetters.push(...changes.deadLetters);
  if (changes.outbox.length === 0) return null;
  const row = { id: db.nextOutboxId(), messages: changes.outbox, places: null, createdAt: now, stamp };
  db.outbox.set(row.id, { ...row, written: row.messages.length });
  return row;
}
