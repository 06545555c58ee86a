import { registryOf } from '@cordyna/engine';
import { restore } from '@cordyna/engine/testing';
import type { JsonObject } from '@cordyna/protocol/model';
import {
  keyOf,
  positionOf,
  type Loaded,
  type Needs,
} from '../../../apps/cerebro/src/coordination/ports/index.js';
import { readEvents } from './events.js';
import type { Database, FreshnessRow, RunRow } from './database.js';

/** What is there of what is needed, seen at one moment. */
export function read(db: Database, needs: Needs): Loaded {
  const runs = new Map();
  for (const id of [...needs.runs, ...(needs.newRuns ?? [])]) {
    const row = db.runs.get(id);
    if (row) runs.set(id, { version: row.version, contentHash: row.contentHash, value: runOf(row) });
  }
  const freshness = new Map();
  for (const task of needs.freshness) {
    const row = db.freshness.get(task);
    if (row) freshness.set(task, { version: row.version, value: freshnessOf(db, task, row) });
  }
  const keys = new Map();
  for (const { target, key } of [...needs.keys, ...(needs.newKeys ?? [])]) {
    const row = db.keys.get(keyOf(target, key));
    if (row) keys.set(keyOf(target, key), row);
  }
  const schedules = new Map();
  for (const id of needs.schedules) {
    const row = db.schedules.get(id);
    if (!row) continue;
    const lastRunOpen = db.runs.get(row.value.lastRun ?? '')?.state === 'running';
    schedules.set(id, { version: row.version, value: row.value, lastRunOpen });
  }
  const positions = new Map();
  for (const { topic, partition } of needs.positions) {
    const at = db.positions.get(positionOf(topic, partition));
    if (at !== undefined) positions.set(positionOf(topic, partition), at);
  }
  return {
    ...{ runs, freshness, keys, schedules, positions, registry: needs.registry ? registry(db) : null },
    ...(needs.events ? { events: readEvents(db, needs.events) } : {}),
  };
}

export const runOf = ({ seed, state, createdAt, finishedAt, nextSeq, retried, tasks }: RunRow) =>
  restore(seed, { state, createdAt, finishedAt, nextSeq, retried }, tasks);

function registry({ registry: { version, servers, definitions } }: Database): Loaded['registry'] {
  const inForce = [...servers.values()].filter(({ withdrawn }) => !withdrawn).map(({ server }) => server);
  const sorted = inForce.sort((a, b) => (a.server < b.server ? -1 : 1));
  // Of schedules those that name a job, which is kept for their sake.
  const known = [...definitions.values()].filter(
    ({ kind, body }) => kind !== 'schedule' || body?.job !== undefined,
  );
  return { version, value: registryOf(sorted, known) };
}

/** The latest output is where the task run has it, as in PostgreSQL. */
function freshnessOf(db: Database, task: string, { consumed, latest, holders = {} }: FreshnessRow) {
  const held = Object.keys(holders).length > 0 ? { holders } : {};
  if (!latest) return { task, consumed, latest: null, ...held };
  const tasks = db.runs.get(latest.run)?.tasks ?? [];
  const whole = latest.index === null ? undefined : tasks[latest.index];
  if (!latest.list)
    return { task, consumed, latest: { run: latest.run, output: whole?.output ?? {} }, ...held };
  const { first, count } = whole?.elements ?? { first: 0, count: 0 };
  const output: JsonObject[] = tasks.slice(first, first + count).map((element) => element.output ?? {});
  return { task, consumed, latest: { run: latest.run, output }, ...held };
}
