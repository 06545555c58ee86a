import { setTimeout as delay } from 'node:timers/promises';
import type { BenchClient } from '../client/client.js';
import { spreadOf, type Spread } from '../figures/percentiles.js';
import { SINGLE } from '../shapes.js';

export interface SchedulesPlan {
  readonly schedules: number;
  readonly repeats: number;
  /** What is done before and does not count: what is compiled on the way is no lateness. */
  readonly warmUp: 'evenly' | 'evenly and at once';
  /** Until then the schedules are made, and nothing else is under way. */
  readonly leadMs: number;
}

export interface ScheduleFigures {
  /** Due in the same second. */
  readonly schedules: number;
  /** From the due time until Kafka has said that the task is invoked; due evenly over the second, or all at its begin. */
  readonly spreadMs: Spread;
  readonly atOnceMs: Spread;
}

const SECOND_MS = 1_000;
const ONCE_MS = 30 * 24 * 3_600_000;
const LIMIT_MS = 60_000;
const MOST_LEAD_MS = 10_000;

/** W7: schedules that are due in the same second, each made for it and due once. */
export async function measureSchedules(client: BenchClient, plan: SchedulesPlan): Promise<ScheduleFigures> {
  const { schedules, repeats, warmUp } = plan;
  const spread: number[] = [];
  const atOnce: number[] = [];
  const evenly = () => dueIn(client, plan, (at) => Math.floor((at * SECOND_MS) / schedules));
  const together = () => dueIn(client, plan, () => 0);
  await evenly();
  if (warmUp === 'evenly and at once') await together();
  for (let repeat = 0; repeat < repeats; repeat += 1) {
    spread.push(...(await evenly()));
    atOnce.push(...(await together()));
  }
  return { schedules, spreadMs: spreadOf(spread), atOnceMs: spreadOf(atOnce) };
}

/** How late each was, in milliseconds. */
async function dueIn(
  client: BenchClient,
  { schedules: count, leadMs }: SchedulesPlan,
  offsetMs: (at: number) => number,
): Promise<readonly number[]> {
  const from = await client.log.end();
  const second = await made(client, count, leadMs, offsetMs);
  // To look for them takes time from what is measured.
  await delay(second + SECOND_MS - Date.now());
  const runs = await runsOf(client, new Date(second), count);
  await client.untilCompleted([...runs.keys()], LIMIT_MS);
  const invoked = await client.log.invokedSince(from);
  await client.apply({}, true);
  return [...runs].map(([run, due]) => (invoked.get(run) ?? Number.NaN) - due);
}

/**
 * Makes the schedules, and on a machine that takes longer for it than was thought once more with twice the time.
 * @returns the second in which they are due, epoch ms
 */
async function made(
  client: BenchClient,
  count: number,
  leadMs: number,
  offsetMs: (at: number) => number,
): Promise<number> {
  const second = Math.ceil((Date.now() + leadMs) / SECOND_MS) * SECOND_MS;
  const schedules = Array.from({ length: count }, (_, at) => {
    const startsAt = new Date(second + offsetMs(at)).toISOString();
    return [`w7-${at}`, { task: `bench.${SINGLE.tasks[0].name}`, everyMs: ONCE_MS, startsAt }] as const;
  });
  await client.apply({ schedules: Object.fromEntries(schedules) });
  if (Date.now() <= second) return second;
  if (leadMs > MOST_LEAD_MS) throw new Error('the schedules were made too late: the machine is busy');
  await client.apply({}, true);
  return made(client, count, leadMs * 2, offsetMs);
}

/** run → due time, once each schedule has made its run. @throws Error when one is missing, or was not run */
async function runsOf(client: BenchClient, since: Date, count: number): Promise<ReadonlyMap<string, number>> {
  const end = performance.now() + LIMIT_MS;
  for (;;) {
    const { rows } = await client.pool.query<{ run: string; outcome: string; due: Date }>(
      `SELECT run, outcome, scheduled_for AS due FROM schedule_firings
       WHERE schedule LIKE 'w7-%' AND scheduled_for >= $1`,
      [since],
    );
    const other = rows.find(({ outcome }) => outcome !== 'run');
    if (other) throw new Error(`a due time is ${other.outcome}`);
    if (rows.length === count) return new Map(rows.map(({ run, due }) => [run, due.getTime()]));
    if (performance.now() > end) throw new Error(`${count - rows.length} schedules have not fired`);
    await delay(100);
  }
}
