import type { DumpedRecord, StartedCerebro } from '@cordyna/testkit';
import { dumpTopic, startCerebro, testBroker, testDatabase } from '@cordyna/testkit';
import type { Api, ApiHistoryRow, ApiRun, ApiTaskRun } from '@cordyna/testkit';
import type { JsonObject } from '@cordyna/protocol/model';

export interface WatchedOptions {
  readonly coordinators: number;
  readonly env?: Readonly<Record<string, string>>;
  /** Default: the test run's. */
  readonly brokers?: readonly string[];
  readonly prefix?: string;
  readonly databaseUrl?: string;
}

export interface DumpedEvent extends DumpedRecord {
  readonly id: string;
  readonly type: string;
  readonly source: string;
  readonly data: JsonObject;
}

/** One isolated installation of Cerebro, and what outsiders see of it. */
export interface Watched {
  readonly brokers: readonly string[];
  readonly prefix: string;
  readonly cerebros: readonly StartedCerebro[];
  /** Of the last coordinator. */
  readonly api: Api;
  /** What a topic (named without the prefix) holds, as structured CloudEvents. */
  dump(topic: string): Promise<DumpedEvent[]>;
}

export async function startWatched(options: WatchedOptions): Promise<Watched> {
  const shared = options.brokers ? undefined : await testBroker();
  const brokers = options.brokers ?? shared?.brokers ?? [];
  const prefix = options.prefix ?? shared?.prefix ?? '';
  const databaseUrl = options.databaseUrl ?? (await testDatabase()).url;
  const start = (): Promise<StartedCerebro> =>
    startCerebro({ brokers, prefix, databaseUrl, env: options.env, readyMs: 60_000 });
  const cerebros = await Promise.all(Array.from({ length: options.coordinators }, start));
  return {
    brokers,
    prefix,
    cerebros,
    api: (cerebros.at(-1) as StartedCerebro).api,
    async dump(topic) {
      const records = await dumpTopic(brokers, `${prefix}.${topic}`);
      return records.flatMap((record) =>
        record.value === null ? [] : [{ ...record, ...(JSON.parse(record.value) as DumpedEvent) }],
      );
    },
  };
}

/** @throws when the run has no such task */
export function taskOf(run: ApiRun, task: string): ApiTaskRun {
  const found = run.tasks.find((one) => one.task === task && one.item === null);
  if (!found) throw new Error(`${run.run} has no ${task}`);
  return found;
}

export const statesOf = (run: ApiRun): Record<string, string> =>
  Object.fromEntries(run.tasks.map(({ task, state }) => [task, state]));

/** Milliseconds between two times of the API. @throws when one of them is not known */
export function msBetween(from: string | null | undefined, to: string | null | undefined): number {
  if (!from || !to) throw new Error(`from ${from} to ${to}: not known yet`);
  return Date.parse(to) - Date.parse(from);
}

/** Applied rows of a history that end an attempt in an error: `<task> <code>`. */
export const errorsOf = (history: readonly ApiHistoryRow[]): string[] =>
  history.flatMap(({ applied, type, task, data }) => {
    const code = (data['error'] as { code?: string } | undefined)?.code;
    return applied && code && type === 'cordyna.task.error.v1' ? [`${task} ${code}`] : [];
  });

/** Those by Cerebro's own decision. */
export const endedByCerebro = (history: readonly ApiHistoryRow[]): string[] =>
  errorsOf(history.filter(({ source }) => source.startsWith('/cerebro/')));
