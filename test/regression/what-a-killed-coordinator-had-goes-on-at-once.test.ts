import { randomUUID } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { awaitUntil, installation, PARTITIONS } from '@cordyna/testkit';
import type { StartedCerebro } from '@cordyna/testkit';

/** Far longer than anything here may take, on however busy a machine; how long it does take is in docs/reliability.md. */
const SESSION_TIMEOUT_MS = 60_000;
const GOES_ON_MS = 25_000;

test('what comes in the partitions of a killed coordinator does not wait for the end of its session with Kafka', async () => {
  const { cerebros, bus } = await installation({
    coordinators: 2,
    env: { CORDYNA_SESSION_TIMEOUT_MS: String(SESSION_TIMEOUT_MS), CORDYNA_LOG_LEVEL: 'warn' },
  });
  const [survivor, victim] = cerebros as [StartedCerebro, StartedCerebro];
  await bus.write('declarations', [bus.declaration({ server: 'share', tasks: [{ name: 'one' }] })]);
  await awaitUntil('the task is declared', async () => (await survivor.api.servers()).length > 0);
  /** One run in each partition. */
  const ask = async (): Promise<string[]> => {
    const runs = Array.from({ length: PARTITIONS }, () => randomUUID());
    for (const [partition, run] of runs.entries())
      await bus.write('invocations', [{ ...bus.runRequest({ task: 'share.one', run }), partition }]);
    return runs;
  };
  const untilTakenIn = (runs: readonly string[], timeoutMs: number): Promise<unknown> =>
    awaitUntil('every run is there', () => Promise.all(runs.map((run) => survivor.api.run(run))), {
      timeoutMs,
      everyMs: 100,
    });
  await untilTakenIn(await ask(), 20_000);
  await victim.process.kill();
  await untilTakenIn(await ask(), GOES_ON_MS);
  expect(survivor.process.output()).toContain('is gone; its partitions go to the others');
}, 90_000);
