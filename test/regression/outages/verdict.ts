import { describe, expect, test } from '@jest/globals';
import { RETURNED } from '@cordyna/protocol/model';
import { awaitUntil } from '@cordyna/testkit';
import type { ApiRun } from '@cordyna/testkit';
import { endedByCerebro, errorsOf, msBetween, taskOf } from '../../e2e/support/watched.js';
import { insist, lasting, LIMITS, loadUp, OUTAGE_MS, trickle, type Scene } from './scene.js';

/** What an outage does; `end` resolves when everything runs again. */
export interface Outage {
  begin(): Promise<void> | void;
  end(): Promise<void> | void;
}

export interface Verdict {
  /** All that was going on when the outage began, or asked for meanwhile. */
  readonly runs: readonly ApiRun[];
  /** By Cerebro's own decision: `<task> <code>`. */
  readonly ended: readonly string[];
  /** Every error that ended an attempt: `<task> <code>`. */
  readonly errors: readonly string[];
  /** The longest that each deadline was overdrawn, as applied: below 0, the outage touched none of them. */
  readonly overdrawnMs: { readonly ack: number; readonly start: number; readonly complete: number };
  /** A run afterwards whose server never acknowledges. */
  readonly deaf: ApiRun;
}

const END_MS = 90_000;

async function judge(scene: Scene, ids: readonly string[], byHand: string): Promise<Verdict> {
  const { api } = scene.watched;
  const request = { task: 'eager.deaf', idempotencyKey: `deaf-${byHand}` };
  const deaf = await awaitUntil('the run is taken', () => api.createRun(request), { timeoutMs: END_MS });
  const runs = await Promise.all(ids.map((id) => api.untilFinished(id, END_MS)));
  const histories = await Promise.all(ids.map((id) => api.history(id)));
  const work = runs.flatMap(({ tasks }) => tasks.filter(({ task }) => task === 'eager.work'));
  const queued = work.filter(({ queuedAt, startedAt }) => queuedAt !== null && startedAt !== null);
  const started = work.filter(({ startedAt }) => startedAt !== null);
  const acknowledged = taskOf(runs.find(({ run }) => run === byHand) as ApiRun, 'hand.job');
  const most = (spans: readonly number[], limitMs: number) => Math.max(...spans) - limitMs;
  return {
    runs,
    ended: histories.flatMap(endedByCerebro),
    errors: histories.flatMap(errorsOf),
    overdrawnMs: {
      ack: msBetween(acknowledged.invokedAt, acknowledged.queuedAt) - LIMITS.ackMs,
      start: most(
        queued.map((task) => msBetween(task.queuedAt, task.startedAt)),
        LIMITS.startMs,
      ),
      complete: most(
        started.map((task) => msBetween(task.startedAt, task.finishedAt)),
        LIMITS.completeMs,
      ),
    },
    deaf: await api.untilFinished(deaf, END_MS),
  };
}

/** Each scene is at work when the outage begins, goes on during it, and is judged when all has come to an end. */
export async function throughOutage(
  scenes: readonly Scene[],
  { begin, end }: Outage,
): Promise<Map<number, Verdict>> {
  const loads = await Promise.all(scenes.map(loadUp));
  const begun = performance.now();
  await begin();
  const over = new AbortController();
  const meanwhile = scenes.map(async (scene, at) => {
    const { unacknowledged, work } = loads[at] as (typeof loads)[number];
    const said = insist(scene.hand, unacknowledged, 'queued');
    const asked = trickle(scene, over.signal);
    await said;
    await insist(scene.hand, unacknowledged, 'started');
    await insist(scene.hand, unacknowledged, 'completed');
    return { ids: [...work, unacknowledged.run, ...(await asked)], byHand: unacknowledged.run };
  });
  const settled = Promise.allSettled(meanwhile);
  await lasting(begun, OUTAGE_MS);
  await end();
  over.abort();
  await settled;
  const verdicts = scenes.map(async (scene, at): Promise<[number, Verdict]> => {
    const { ids, byHand } = await (meanwhile[at] as (typeof meanwhile)[number]);
    return [scene.coordinators, await judge(scene, ids, byHand)];
  });
  return new Map(await Promise.all(verdicts));
}

/** Declares the tests of an outage that overdraws every deadline. */
export function expectNobodyTimedOut(
  outage: string,
  verdictOf: (coordinators: number) => Promise<Verdict>,
): void {
  describe.each([1, 2])(`${outage}, with %i coordinator(s)`, (coordinators) => {
    expectUndisturbed(() => verdictOf(coordinators));

    test('every deadline was overdrawn meanwhile', async () => {
      const { overdrawnMs } = await verdictOf(coordinators);
      expect(overdrawnMs.ack).toBeGreaterThan(0);
      expect(overdrawnMs.start).toBeGreaterThan(0);
      expect(overdrawnMs.complete).toBeGreaterThan(0);
    });
  });
}

/** Declares the tests that hold after any outage. */
export function expectUndisturbed(verdict: () => Promise<Verdict>): void {
  test('nothing timed out, nobody was lost, and everything completed in the first attempt that began', async () => {
    const { ended, errors, runs } = await verdict();
    expect(ended).toEqual([]);
    expect(runs.flatMap(({ tasks }) => tasks.map(({ state }) => state))).toEqual(runs.map(() => 'completed'));
    // Only what came to its server after it had expired, and was not begun.
    expect(errors.filter((error) => error !== `eager.quick ${RETURNED}`)).toEqual([]);
  });

  test('afterwards an invocation that nobody acknowledges times out', async () => {
    const { deaf } = await verdict();
    const task = taskOf(deaf, 'eager.deaf');
    expect(task).toMatchObject({ state: 'error', attempt: 1, error: { code: 'ack_timeout' } });
    expect(msBetween(task.invokedAt, task.finishedAt)).toBeGreaterThanOrEqual(LIMITS.ackMs);
  });
}
