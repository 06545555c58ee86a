import type { RunAge } from '@cordyna/engine';
import {
  StoreUnavailable,
  TimerQueries,
  UnknownOutcome,
  restOf,
  type DueDeadline,
  type Look,
  type LookQuestion,
  type OutboxMessage,
  type OutboxRow,
} from '../../../apps/cerebro/src/coordination/ports/index.js';
import type { Database } from './database.js';
import { dueEvents } from './events.js';
import { ask, request, type Connection } from './memory-store.js';
import { lookAround, owedIn } from './look.js';
import { dueSchedules, isFree } from './schedules.js';
import { lineIn, taskRuns, where, type Found } from './task-runs.js';
import { SIGN_GRAIN_MS } from './write-instances.js';

const byTime = (a: readonly [number, string], b: readonly [number, string]): number =>
  a[0] - b[0] || (a[1] < b[1] ? -1 : 1);

/** The runs of what was found, each once, those with the smallest time first. */
function runsBy(found: Iterable<Found>, time: (one: Found) => number, limit: number): string[] {
  const earliest = new Map<string, number>();
  for (const one of found) earliest.set(one.id, Math.min(earliest.get(one.id) ?? Infinity, time(one)));
  const ordered = [...earliest].map(([id, at]) => [at, id] as const).sort(byTime);
  return ordered.slice(0, limit).map(([, id]) => id);
}

/** What timers ask, over tables in memory. */
export class MemoryTimerQueries extends TimerQueries {
  constructor(private readonly connection: Connection) {
    super();
  }

  private ask<T>(answer: (db: Database) => T): Promise<T> {
    return ask(this.connection, () => answer(this.connection.db));
  }

  /** What is committed while it is on its way, it sees: capacity must not count that twice. */
  look(question: LookQuestion) {
    const { connection } = this;
    const { db, faults, recording } = connection;
    const answer = (): Look => {
      const seen = lookAround(db, question);
      recording?.asked('look', [question], seen, db.clock());
      return seen;
    };
    return ask(connection, answer, faults.latencyMs());
  }

  positions(topics: readonly string[]) {
    return this.ask(
      ({ positions }) =>
        new Map([...positions].filter(([id]) => topics.includes(id.slice(0, id.lastIndexOf('/'))))),
    );
  }

  dueDeadlines(before: number, limit: number) {
    return this.ask((db): DueDeadline[] =>
      [...taskRuns(db, true)]
        .flatMap(({ id: run, task: { deadlineAt, deadlineKind: kind, invocation } }) =>
          deadlineAt !== null && deadlineAt < before && kind && invocation
            ? [{ run, invocation, kind, deadlineAt }]
            : [],
        )
        .sort((a, b) => a.deadlineAt - b.deadlineAt)
        .slice(0, limit)
        .map(({ run, invocation, kind }) => ({ run, invocation, kind })),
    );
  }

  runsWithDueRetries(limit: number) {
    return this.ask((db) => {
      const now = db.clock();
      const due = where(taskRuns(db), ({ task }) => task.retryAt !== null && task.retryAt <= now);
      return runsBy(due, ({ task }) => task.retryAt ?? 0, limit);
    });
  }

  runsWaitingPerServer(limit: number) {
    return this.ask((db) => {
      const servers = new Map<string, Map<string, RunAge>>();
      for (const found of taskRuns(db, true)) {
        const { id, run } = found;
        const line = lineIn(found);
        if (line === null) continue;
        const runs = servers.get(line) ?? new Map<string, RunAge>();
        servers.set(line, runs.set(id, { run: id, createdAt: run.createdAt }));
      }
      const oldest = (runs: Iterable<RunAge>): readonly RunAge[] =>
        [...runs].sort((a, b) => byTime([a.createdAt, a.run], [b.createdAt, b.run])).slice(0, limit);
      return new Map([...servers].map(([server, runs]) => [server, oldest(runs.values())]));
    });
  }

  silentInstances(before: number) {
    return this.ask(({ instances }) =>
      [...instances.values()]
        .filter(({ heartbeats, state }) => heartbeats && state !== 'lost' && state !== 'offline')
        .filter(({ lastSeen }) => lastSeen + SIGN_GRAIN_MS < before)
        .map(({ server, instance }) => ({ server, instance })),
    );
  }

  attemptsOfGoneInstances(before: number, limit: number) {
    return this.ask((db) => {
      const gone = new Set<string>();
      for (const { server, instance, state, stateSince } of db.instances.values())
        if (state === 'lost' || (state === 'offline' && stateSince < before))
          gone.add(`${server}\n${instance}`);
      return [...taskRuns(db, true)]
        .flatMap(({ id: run, server, task: { invocation, instance, state } }) =>
          invocation &&
          instance &&
          (state === 'queued' || state === 'started') &&
          gone.has(`${server}\n${instance}`)
            ? [{ run, invocation, instance }]
            : [],
        )
        .sort((a, b) => (`${a.run} ${a.invocation}` < `${b.run} ${b.invocation}` ? -1 : 1))
        .slice(0, limit);
    });
  }

  runsOfWithdrawnServers(limit: number) {
    return this.ask((db) => {
      const found = new Map<string, { run: string; server: string }>();
      for (const { id: run, server, task } of taskRuns(db)) {
        if (task.state !== 'pending' || !db.registry.servers.get(server)?.withdrawn) continue;
        found.set(`${run} ${server}`, { run, server });
      }
      return [...found]
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .slice(0, limit)
        .map(([, one]) => one);
    });
  }

  schedulesThatWait(limit: number) {
    return this.ask((db) =>
      [...db.schedules.values()]
        .filter(({ value }) => isFree(value, db))
        .map(({ value: { schedule } }) => schedule)
        .sort()
        .slice(0, limit),
    );
  }

  dueSchedules(aheadMs: number, limit: number) {
    return this.ask((db) => dueSchedules(db, aheadMs).slice(0, limit));
  }

  dueEvents(limit: number) {
    return this.ask((db) => dueEvents(db, limit));
  }

  claimUnpublished(olderThanMs: number, limit: number): Promise<readonly OutboxRow[]> {
    return request<readonly OutboxRow[]>(this.connection, (done) => {
      const { db, recording } = this.connection;
      const { outbox, clock } = db;
      const now = clock();
      let taken = 0;
      const claimed = [...outbox.values()]
        .filter(({ stamp }) => stamp < now - olderThanMs)
        .sort((a, b) => a.stamp - b.stamp || Number(a.id) - Number(b.id))
        .filter(({ written }) => (taken += written) - written < limit);
      for (const row of claimed) outbox.set(row.id, { ...row, stamp: now });
      const rows = claimed
        .sort((a, b) => Number(a.id) - Number(b.id))
        .map(({ written: _, ...row }) => ({ ...row, stamp: now }));
      recording?.add({ kind: 'claim', at: now, args: [olderThanMs, limit], answer: rows });
      done(null, rows);
    }).catch((error: unknown) => {
      throw error instanceof UnknownOutcome ? new StoreUnavailable(error.message) : error;
    });
  }

  renewUnpublished(claimed: readonly OutboxRow[]): Promise<readonly OutboxRow[]> {
    return request<readonly OutboxRow[]>(this.connection, (done) => {
      const { db, recording } = this.connection;
      const { outbox, clock } = db;
      const now = clock();
      const rows = claimed.flatMap((row): OutboxRow[] => {
        const found = outbox.get(row.id);
        if (found?.stamp !== row.stamp) return [];
        outbox.set(row.id, { ...found, stamp: now });
        const isOwed = (place: number): boolean => found.places?.includes(place) ?? true;
        const rest = restOf(row, (message, place) => isOwed(place) && mayBeSent(db, message));
        return [{ ...rest, stamp: now }];
      });
      recording?.add({ kind: 'renew', at: now, args: [claimed], answer: rows });
      done(null, rows);
    }).catch((error: unknown) => {
      throw error instanceof UnknownOutcome ? new StoreUnavailable(error.message) : error;
    });
  }

  countUnpublished() {
    return this.ask(owedIn);
  }
}

/** Of invokes those whose attempt is still `invoked`. */
function mayBeSent({ runs }: Database, { run, invocation, ackMs }: OutboxMessage): boolean {
  if (invocation === null || ackMs === null) return true;
  const tasks = runs.get(run ?? '')?.tasks ?? [];
  return tasks.some((task) => task.invocation === invocation && task.state === 'invoked');
}
