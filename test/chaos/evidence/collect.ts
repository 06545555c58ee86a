import type { Run } from '@cordyna/engine';
import { type JsonObject, type RunState, type Trigger } from '@cordyna/protocol/model';
import {
  foldedRuns,
  type PartRow,
  type SeedRow,
} from '../../../apps/cerebro/src/persistence/sql/stored-runs.js';
import { dumpTopic } from '@cordyna/testkit';
import type {
  AcceptedRequest,
  Evidence,
  Fault,
  HistoryEntry,
  Limits,
  LogRecord,
  StoredDeadLetter,
  StoredFiring,
  StoredRun,
  StoredTask,
} from '../checker/evidence.js';
import {
  NOTHING_DEFINED,
  NOTHING_HAPPENED,
  type AcceptedSignal,
  type AnsweredFile,
} from '../checker/happened.js';
import { query, topicNames, type Sources } from '../stack/sources.js';
import { definedOf, happenedOf } from './happened.js';

const DUMP_MS = 240_000;

const ms = (column: string): string => `extract(epoch FROM ${column})::float8 * 1000`;

interface RunRow {
  readonly id: string;
  readonly state: RunState;
  readonly trigger: Trigger;
  readonly next_seq: number;
}
type HistoryRow = HistoryEntry & { readonly run: string; readonly data: JsonObject };

function grouped<Row extends { readonly run: string }>(rows: readonly Row[]): Map<string, Row[]> {
  const groups = new Map<string, Row[]>();
  for (const row of rows) {
    const group = groups.get(row.run);
    if (group) group.push(row);
    else groups.set(row.run, [row]);
  }
  return groups;
}

/** As histories have it. */
async function storedTasks(site: Sources): Promise<ReadonlyMap<string, readonly StoredTask[]>> {
  const seeds = await query<SeedRow>(site, 'SELECT run::text, seed FROM run_seeds');
  const parts = await query<PartRow>(
    site,
    'SELECT run::text, first_seq AS "firstSeq", entries FROM history_parts ORDER BY run, first_seq',
  );
  const tasksOf = ({ seed, tasks }: Run): StoredTask[] =>
    Array.from(tasks, ({ member, item, state, attempt, invocation }) => ({
      task: seed.plan.members[member]?.task ?? '',
      item: item?.index ?? null,
      ...{ state, attempt, invocation },
    }));
  return new Map([...foldedRuns(seeds, parts)].map(([run, folded]) => [run, tasksOf(folded)]));
}

async function storedRuns(site: Sources): Promise<StoredRun[]> {
  const runs = await query<RunRow>(site, 'SELECT id::text, state, trigger, next_seq FROM runs ORDER BY id');
  const tasks = await storedTasks(site);
  const withoutPrefix = `substr(topic, ${site.prefix.length + 2})`;
  const history = grouped(
    await query<HistoryRow>(
      site,
      `SELECT run::text, seq, ${ms('recorded_at')} AS "recordedMs", source, type, task, item,
         attempt::float8 AS attempt, applied, reason, ${withoutPrefix} AS topic, partition,
         "offset"::float8 AS "offset",
         data - ARRAY['args', 'origins', 'outside', 'items', 'trigger', 'taskArgs', 'output', 'counts'] AS data
       FROM history ORDER BY run, seq`,
    ),
  );
  return runs.map(({ id, state, trigger, next_seq: nextSeq }) => ({
    ...{ run: id, state, trigger, nextSeq },
    tasks: tasks.get(id) ?? [],
    history: history.get(id) ?? [],
  }));
}

async function positionsOf(site: Sources): Promise<Map<string, number>> {
  const rows = await query<{ topic: string; partition: number; next: number }>(
    site,
    'SELECT topic, partition, next_offset::float8 AS next FROM positions',
  );
  const short = (topic: string): string => topic.slice(site.prefix.length + 1);
  return new Map(rows.map(({ topic, partition, next }) => [`${short(topic)}/${partition}`, next]));
}

async function recordsOf(site: Sources): Promise<LogRecord[]> {
  const read = async (name: string): Promise<LogRecord[]> => {
    const topic = name.slice(site.prefix.length + 1);
    const records = await dumpTopic(site.brokers, name, DUMP_MS);
    return records.map(({ offset, ...record }) => ({ ...record, topic, offset: Number(offset) }));
  };
  return (await Promise.all(topicNames(site).map(read))).flat();
}

/** What whoever made the load knows. */
export interface Asked {
  readonly requests: readonly AcceptedRequest[];
  /** Events, when there were rules. */
  readonly signals?: readonly AcceptedSignal[];
  readonly files?: readonly AnsweredFile[];
}

export interface FromOutside extends Asked {
  readonly lists?: Evidence['lists'];
  readonly faults: readonly Fault[];
  readonly limits: Limits;
}

/** Reads all that the checker judges. Nobody of the installation runs any more. */
export async function collect(site: Sources, known: FromOutside): Promise<Evidence> {
  const deadLetters = await query<StoredDeadLetter>(
    site,
    `SELECT substr(topic, ${site.prefix.length + 2}) AS topic, partition, "offset"::float8 AS "offset", reason,
       ${ms('at')} AS "atMs" FROM dead_letters`,
  );
  const firings = await query<StoredFiring>(
    site,
    `SELECT schedule, ${ms('scheduled_for')} AS "scheduledForMs", outcome, run::text FROM schedule_firings`,
  );
  const [outbox] = await query<{ count: number }>(site, 'SELECT count(*)::int AS count FROM outbox');
  const [records, runs] = await Promise.all([recordsOf(site), storedRuns(site)]);
  const { signals, files = [], lists = {} } = known;
  return {
    happened: signals ? await happenedOf(site, signals) : NOTHING_HAPPENED,
    defined: signals ? await definedOf(site, files) : NOTHING_DEFINED,
    lists,
    ...{ requests: known.requests, faults: known.faults, limits: known.limits },
    records,
    runs,
    executions: site.executions(),
    ...{ deadLetters, firings, outbox: outbox?.count ?? 0 },
    positions: await positionsOf(site),
  };
}
