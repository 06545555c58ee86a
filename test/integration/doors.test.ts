import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { awaitUntil, testDatabase } from '@cordyna/testkit';
import type { StoredOutboxMessage } from '../../apps/cerebro/src/coordination/index.js';
import { openDoor, type OpenDoor } from '../../apps/cerebro/test/support/open-door.js';

const PAIRS = 1_000;

const invokeOf = (door: OpenDoor, run: string, task: string): Promise<StoredOutboxMessage> =>
  awaitUntil(`${task} of ${run} is invoked`, async () => door.invokeOf(run, task), {
    timeoutMs: 10_000,
    everyMs: 2,
  });

describe('two coordinators on one database', () => {
  let one: OpenDoor;
  let two: OpenDoor;

  beforeAll(async () => {
    const { url } = await testDatabase();
    one = await openDoor(url, 'one');
    two = await openDoor(url, 'two');
    await one.declare({
      server: 'sources',
      tasks: [{ name: 'a' }, { name: 'b' }, { name: 'flaky', retry: { maxAttempts: 3, backoffMs: 1 } }],
    });
    await two.declare({ server: 'sinks', tasks: [{ name: 'c', dependsOn: ['sources.a', 'sources.b'] }] });
  });

  afterAll(async () => {
    await one.close();
    await two.close();
  });

  test('a stale cache refuses nothing wrongly: the update for the new attempt is applied', async () => {
    const run = await one.request('sources.flaky');
    const first = await invokeOf(one, run, 'sources.flaky');
    // The second door caches the run while its first attempt is the current one …
    await two.report(first, { report: 'started' });
    // … and does not see that it failed and was invoked again by the first door.
    await one.report(first, { report: 'error', error: { code: 'failed', message: 'once' } });
    await awaitUntil('the retry is due', async () =>
      (await one.persistence.timers.runsWithDueRetries(10)).includes(run),
    );
    await one.submit({ kind: 'run-input', run, source: '/test', input: { kind: 'retry-due' } });
    const second = await awaitUntil('the second attempt is invoked', async () => {
      const found = one.invokeOf(run, 'sources.flaky');
      return found && found !== first ? found : undefined;
    });
    await two.report(second, { report: 'completed', output: {} });
    const view = await one.persistence.queries.run(run);
    expect(view).toMatchObject({ state: 'completed', tasks: [{ state: 'completed', attempt: 2 }] });
    const history = (await one.persistence.queries.history(run)) ?? [];
    expect(history.filter(({ applied }) => !applied)).toEqual([]);
    expect(history.map(({ seq }) => seq)).toEqual(history.map((_, at) => at + 1));
  });

  test(`C runs exactly once per pair of concurrent runs of A and B on which it depends, ${PAIRS} times`, async () => {
    let invoked = 0;
    for (let pair = 0; pair < PAIRS; pair++) {
      const [runA, runB] = await Promise.all([one.request('sources.a'), two.request('sources.b')]);
      const [a, b] = await Promise.all([invokeOf(one, runA, 'sources.a'), invokeOf(two, runB, 'sources.b')]);
      await Promise.all([
        one.report(a, { report: 'completed', output: {} }),
        two.report(b, { report: 'completed', output: {} }),
      ]);
      const views = await Promise.all([one.persistence.queries.run(runA), two.persistence.queries.run(runB)]);
      const states = views.map((view) => view?.tasks.find(({ task }) => task === 'sinks.c')?.state);
      expect([...states].sort()).toEqual(['invoked', 'skipped']);
      invoked += 1;
      const withC = states[0] === 'invoked' ? one : two;
      const c = await invokeOf(withC, states[0] === 'invoked' ? runA : runB, 'sinks.c');
      await withC.report(c, { report: 'completed', output: {} });
    }
    expect(invoked).toBe(PAIRS);
  }, 120_000);

  test('an invoke that its coordinator committed and never published is not sent after the run was cancelled', async () => {
    one.bus.lost = true;
    const run = await one.request('sources.a');
    one.bus.lost = false;
    await two.submit({ kind: 'run-input', run, source: '/test', input: { kind: 'cancel', reason: 'test' } });
    const left = await two.persistence.timers.claimUnpublished(0, 100);
    expect(left.filter((message) => message.run === run && message.invocation !== null)).toEqual([]);
  });

  test('an unpublished invoke of an unfinished attempt is left for the sweeper', async () => {
    one.bus.lost = true;
    const run = await one.request('sources.a');
    one.bus.lost = false;
    const left = await two.persistence.timers.claimUnpublished(0, 100);
    expect(left.filter((message) => message.run === run && message.invocation !== null)).toHaveLength(1);
  });
});
