import {
  SCHEDULES_SOON_MS,
  Snapshot,
  type Errand,
  type Look,
  type LookQuestion,
} from '../../../apps/cerebro/src/coordination/ports/index.js';
import type { Database } from './database.js';
import { dueEvents } from './events.js';
import { dueSchedules } from './schedules.js';
import { counted, isWith, lineIn, taskRuns, where, type Found } from './task-runs.js';
import { SIGN_GRAIN_MS } from './write-instances.js';

const SOON_MS = 1_000;

function hasAny(found: Iterable<Found>, holds: (one: Found) => boolean): boolean {
  for (const one of found) if (holds(one)) return true;
  return false;
}

function deadlineOf(db: Database): number | null {
  let earliest = db.clock() + SOON_MS;
  let deadline: number | null = null;
  for (const { task } of taskRuns(db, true))
    if (task.deadlineAt !== null && task.deadlineAt < earliest) earliest = deadline = task.deadlineAt;
  return deadline;
}

function isAnyGone(db: Database): boolean {
  const gone = new Set<string>();
  for (const { server, instance, state } of db.instances.values())
    if (state === 'lost' || state === 'offline') gone.add(`${server}\n${instance}`);
  return hasAny(
    taskRuns(db, true),
    ({ server, task: { invocation, instance, state } }) =>
      invocation !== null &&
      (state === 'queued' || state === 'started') &&
      gone.has(`${server}\n${instance ?? ''}`),
  );
}

/** How many messages are not known to be published. */
export const owedIn = ({ outbox }: Database): number =>
  [...outbox.values()].reduce((sum, { messages }) => sum + messages.length, 0);

/** All that timers look for, over tables in memory. */
export function lookAround(db: Database, { topics, unsentForMs, silentForMs }: LookQuestion): Look {
  const { positions, outbox, instances, registry } = db;
  const now = db.clock();
  const isSilent = [...instances.values()].some(
    ({ heartbeats, state, lastSeen }) =>
      heartbeats && state !== 'lost' && state !== 'offline' && lastSeen + SIGN_GRAIN_MS < now - silentForMs,
  );
  const found: Readonly<Record<Errand, boolean>> = {
    unsent: [...outbox.values()].some(({ stamp }) => stamp < now - unsentForMs),
    retries: hasAny(taskRuns(db), ({ task }) => task.retryAt !== null && task.retryAt <= now),
    waiting: hasAny(taskRuns(db, true), (one) => lineIn(one) !== null),
    schedules: dueSchedules(db, SCHEDULES_SOON_MS).length > 0,
    events: dueEvents(db, 1).length > 0,
    silent: isSilent,
    gone: isAnyGone(db),
    withdrawn: hasAny(
      taskRuns(db),
      ({ server, task }) => task.state === 'pending' && registry.servers.get(server)?.withdrawn === true,
    ),
  };
  return {
    now,
    snapshot: new Snapshot(BigInt(db.commits) + 1n, new Set()),
    positions: new Map([...positions].filter(([id]) => topics.includes(id.slice(0, id.lastIndexOf('/'))))),
    unpublished: owedIn(db),
    deadlineAt: deadlineOf(db),
    unfinished: counted(where(taskRuns(db, true), ({ task }) => isWith(task))),
    online: [...instances.values()]
      .sort((a, b) => (`${a.server} ${a.instance}` < `${b.server} ${b.instance}` ? -1 : 1))
      .flatMap(({ server, state, capacity, queueLimit }) =>
        state === 'online' && capacity !== null ? [{ server, capacity, queueLimit }] : [],
      ),
    errands: new Set((Object.keys(found) as Errand[]).filter((errand) => found[errand])),
  };
}
