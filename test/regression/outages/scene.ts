import { awaitUntil, scriptedServer, startSdkServer } from '@cordyna/testkit';
import type { ScriptedServer } from '@cordyna/testkit';
import type { InvokeCommand, JsonObject } from '@cordyna/protocol/model';
import { startWatched, taskOf, type Watched, type WatchedOptions } from '../../e2e/support/watched.js';

/**
 * Shortened, and still as the real ones are to each other: an outage of 3 × ackMs is longer than each of them, and ackMs
 * is longer than the largest harmless step of the watermark. What is invoked during the outage (`quick`) has the default
 * ackMs: a record may be 5 s old when the fence lets it through.
 */
export const LIMITS = { ackMs: 4_000, startMs: 7_000, completeMs: 7_000 };
export const OUTAGE_MS = 3 * LIMITS.ackMs;
const ENV = {
  CORDYNA_STALL_GRACE_MS: '8000',
  CORDYNA_LOST_AFTER_MS: '6000',
  CORDYNA_SWEEP_AFTER_MS: '6000',
};
/** So much that half of it waits in the server's queue when the outage begins, and none is done by then. */
const BURST = 8;
const CONCURRENCY = 4;
const WORK_MS = 4_000;

const eager = {
  server: 'eager',
  tasks: [{ name: 'work', timeouts: LIMITS }, { name: 'quick' }, { name: 'deaf', timeouts: LIMITS }],
};
const behaviours = { work: { sleepMs: WORK_MS }, deaf: { conduct: 'ignore' } };
const hand = { server: 'hand', tasks: [{ name: 'job', timeouts: LIMITS }] };

/** An installation with a task server that reports as soon as it can, and one that says what the test lets it say. */
export interface Scene {
  readonly coordinators: number;
  readonly watched: Watched;
  readonly hand: ScriptedServer;
}

/** What was going on when the outage began. */
export interface Load {
  /** Started or queued at `eager`. */
  readonly work: readonly string[];
  /** Invoked and not acknowledged by `hand`; its deadline is running. */
  readonly unacknowledged: InvokeCommand;
}

export async function startScene(options: WatchedOptions): Promise<Scene> {
  const watched = await startWatched({ ...options, env: ENV });
  const { brokers, prefix, api } = watched;
  const declaration = eager;
  const [scripted] = await Promise.all([
    scriptedServer(brokers, prefix, hand),
    startSdkServer({ brokers, prefix, declaration, behaviours, concurrency: CONCURRENCY }),
  ]);
  await api.untilOnline('eager', 40_000);
  return { coordinators: options.coordinators, watched, hand: scripted };
}

/** Resolves at the moment at which the outage should begin. */
export async function loadUp({ watched, hand: server }: Scene): Promise<Load> {
  const { api } = watched;
  const work = await Promise.all(Array.from({ length: BURST }, () => api.createRun({ task: 'eager.work' })));
  await awaitUntil(
    'all of the burst is acknowledged',
    async () => {
      const runs = await Promise.all(work.map((id) => api.run(id)));
      return runs.every((run) => ['queued', 'started'].includes(taskOf(run, 'eager.work').state));
    },
    { timeoutMs: 20_000 },
  );
  const id = await api.createRun({ task: 'hand.job' });
  const unacknowledged = await server.untilInvoked(id, 'hand.job');
  await awaitUntil(
    'the deadline of the acknowledgement is running',
    async () => (await api.history(id)).some(({ type }) => type === 'cordyna.task.published.v1'),
    { everyMs: 10 },
  );
  return { work, unacknowledged };
}

/** Says it again and again until Kafka has it, as whoever reports as soon as they can. */
export const insist = (
  server: ScriptedServer,
  command: InvokeCommand,
  update: 'queued' | 'started' | 'completed',
  more?: JsonObject,
): Promise<unknown> =>
  awaitUntil(`Kafka has ${update}`, () => server.say(command, update, more), { timeoutMs: 60_000 });

/** Asks for another run about every second until the signal; with keys, so that a lost answer makes no second run. */
export async function trickle({ watched }: Scene, until: AbortSignal): Promise<string[]> {
  const runs: Promise<string>[] = [];
  while (!until.aborted) {
    const idempotencyKey = `trickle-${watched.prefix}-${performance.now()}`;
    const begun = performance.now();
    const ask = () => watched.api.createRun({ task: 'eager.quick', idempotencyKey });
    runs.push(awaitUntil('the run is taken', ask, { timeoutMs: 90_000, everyMs: 250 }));
    await awaitUntil('the next is due', () => until.aborted || performance.now() - begun > 1_000, {
      timeoutMs: 5_000,
    });
  }
  return Promise.all(runs);
}

/** Lasts until it is so long ago. */
export const lasting = (sinceMs: number, ms: number): Promise<unknown> =>
  awaitUntil(`${ms} ms have passed`, () => performance.now() - sinceMs >= ms, { timeoutMs: ms + 5_000 });
