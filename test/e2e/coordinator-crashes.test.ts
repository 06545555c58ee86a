import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { EventType, type InvokeCommand } from '@cordyna/protocol/model';
import {
  api,
  awaitUntil,
  dumpTopic,
  outside,
  PARTITIONS,
  startCerebro,
  startSdkServer,
  tailTopic,
  testBroker,
  testDatabase,
} from '@cordyna/testkit';
import type { Outside, SdkServer, StartedCerebro, TailedEvent } from '@cordyna/testkit';

const SEED = 20_261_121;
const KILLS = 20;
/** After so many kills one coordinator is asked to stop. */
const KILLS_PER_SIGTERM = 7;
/** A diamond and a tail. */
const TASKS = [
  { name: 'top' },
  { name: 'left', dependsOn: ['top'] },
  { name: 'right', dependsOn: ['top'] },
  { name: 'bottom', dependsOn: ['left', 'right'] },
  { name: 'end', dependsOn: ['bottom'] },
];
/** `created`, `finished`, and of each task `invoked`, `started` and `completed`. */
const EVENTS_OF_A_RUN = 2 + 3 * TASKS.length;
const MAX_PAUSE_MS = 20;
const MOMENT_MS = 60_000;
const TEST_MS = 240_000;

/** mulberry32: numbers from 0 to 1 that depend on the seed only. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

interface Setting {
  readonly cerebros: StartedCerebro[];
  readonly server: SdkServer;
  readonly bus: Outside;
  readonly events: readonly TailedEvent[];
  readonly brokers: readonly string[];
  readonly prefix: string;
  start(): Promise<StartedCerebro>;
}

async function setUp(coordinators: number): Promise<Setting> {
  const { brokers, prefix } = await testBroker();
  const { url: databaseUrl } = await testDatabase();
  const env = { CORDYNA_SWEEP_AFTER_MS: '6000', CORDYNA_SESSION_TIMEOUT_MS: '1000' };
  const start = (readyMs = 0): Promise<StartedCerebro> =>
    startCerebro({ brokers, prefix, databaseUrl, env, readyMs });
  const cerebros = await Promise.all(Array.from({ length: coordinators }, () => start(60_000)));
  const timeouts = { ackMs: 60_000 };
  const tasks = TASKS.map((task) => ({ ...task, timeouts }));
  const behaviours = Object.fromEntries(TASKS.map(({ name }) => [name, { sleepMs: 10 }]));
  const server = await startSdkServer({
    brokers,
    prefix,
    declaration: { server: 'steady', tasks },
    behaviours,
  });
  await (cerebros[0] as StartedCerebro).api.untilOnline('steady', 60_000);
  const [bus, events] = await Promise.all([outside(brokers, prefix), tailTopic(brokers, `${prefix}.events`)]);
  return { cerebros, server, bus, events, brokers, prefix, start };
}

/** One more run, and the end of one coordinator at a moment of it. */
async function crash(setting: Setting, round: number, next: () => number, signal: NodeJS.Signals) {
  const { bus, events, cerebros } = setting;
  const run = randomUUID();
  const moment = Math.floor(next() * EVENTS_OF_A_RUN);
  const pauseMs = next() * MAX_PAUSE_MS;
  const request = bus.runRequest({ task: 'steady.top', run });
  const before = events.length;
  await bus.write('invocations', [{ ...request, partition: round % PARTITIONS }]);
  await awaitUntil(
    `${moment} events of the run of round ${round} are written`,
    () => events.slice(before).filter(({ data }) => data['run'] === run).length >= moment,
    { timeoutMs: MOMENT_MS, everyMs: 5 },
  );
  await delay(pauseMs);
  const at = round % cerebros.length;
  const exit = await cerebros[at]?.process.kill(signal);
  cerebros[at] = await setting.start();
  return { run, exit };
}

/** Runs and crashes until there were 20 kills; gives the runs. */
async function storm(setting: Setting, seed: number): Promise<readonly string[]> {
  const next = random(seed);
  const runs: string[] = [];
  for (let round = 0, kills = 0; kills < KILLS; round++) {
    const signal = round % (KILLS_PER_SIGTERM + 1) === KILLS_PER_SIGTERM ? 'SIGTERM' : 'SIGKILL';
    const { run, exit } = await crash(setting, round, next, signal);
    expect(exit).toEqual(signal === 'SIGTERM' ? { code: 0, signal: null } : { code: null, signal });
    runs.push(run);
    if (signal === 'SIGKILL') kills += 1;
  }
  return runs;
}

const untilAllCompleted = (setting: Setting, runs: readonly string[]): Promise<unknown> =>
  awaitUntil(
    'all runs are completed',
    async () => {
      const { url } = setting.cerebros[0] as StartedCerebro;
      const states = await Promise.all(runs.map(async (run) => (await api(url).run(run)).state));
      const open = states.filter((state) => state !== 'completed');
      if (open.length === 0) return true;
      throw new Error(`not completed: ${open.join(', ')}`);
    },
    { timeoutMs: 60_000, everyMs: 250 },
  );

describe('a run goes on to its end after kill -9 at 20 moments and SIGTERM', () => {
  let settings: readonly Setting[];
  let storms: readonly Promise<readonly string[]>[];

  // Most of a crash is waiting, so that both installations go through theirs side by side.
  beforeAll(async () => {
    settings = await Promise.all([1, 2].map(setUp));
    storms = settings.map((setting, at) => storm(setting, SEED + at));
    await Promise.allSettled(storms);
  }, TEST_MS);

  test.each([1, 2])(
    'with %i coordinator(s), and there is one invoke record per attempt',
    async (coordinators) => {
      const setting = settings[coordinators - 1] as Setting;
      const runs = (await storms[coordinators - 1]) ?? [];
      await untilAllCompleted(setting, runs);

      const tasksOfRuns = runs.flatMap((run) => TASKS.map(({ name }) => `${run} steady.${name} 1`)).sort();
      const commands = (await dumpTopic(setting.brokers, `${setting.prefix}.commands.steady`)).map(
        ({ value }) => JSON.parse(value ?? '{}') as { type: string; data: InvokeCommand },
      );
      expect(commands.filter(({ type }) => type !== EventType.taskInvoke)).toEqual([]);
      const attempts = commands.map(({ data: { run, task, attempt } }) => `${run} ${task} ${attempt}`);
      expect(attempts.sort()).toEqual(tasksOfRuns);
      const executed = setting.server
        .executions()
        .map(({ run, task, attempt }) => `${run} ${task} ${attempt}`);
      expect(executed.sort()).toEqual(tasksOfRuns);
    },
    TEST_MS,
  );
});
