import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { awaitUntil, testDatabase } from '@cordyna/testkit';
import type { OutboxMessage } from '../../apps/cerebro/src/coordination/index.js';
import { openDoor, type OpenDoor } from '../../apps/cerebro/test/support/open-door.js';

const PAIRS = 1_000;
/** Above all that the outbox can hold: what Kafka took is removed with a later commit. */
const EVERYTHING = 100_000;
/** Independent triples of tasks that go through their pairs side by side. */
const LANES = 25;

const lanes = Array.from({ length: LANES }, (_, lane) => lane);

const invokeOf = (door: OpenDoor, run: string, task: string): Promise<OutboxMessage> =>
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
      tasks: [
        ...lanes.flatMap((lane) => [{ name: `a${lane}` }, { name: `b${lane}` }]),
        { name: 'flaky', retry: { maxAttempts: 3, backoffMs: 1 } },
      ],
    });
    const tasks = lanes.map((lane) => ({
      name: `c${lane}`,
      dependsOn: [`sources.a${lane}`, `sources.b${lane}`],
    }));
    await two.declare({ server: 'sinks', tasks });
  });

  afterAll(async () => {
    await one.close();
    await two.close();
  });

  /** Pairs of runs of A and B, both reported at once on different coordinators; answers how often C was invoked. */
  async function runPairs(lane: number, pairs: number): Promise<number> {
    const [a, b, c] = [`sources.a${lane}`, `sources.b${lane}`, `sinks.c${lane}`];
    let invoked = 0;
    for (let pair = 0; pair < pairs; pair++) {
      const runs = await Promise.all([one.request(a), two.request(b)]);
      const invokes = await Promise.all([invokeOf(one, runs[0], a), invokeOf(two, runs[1], b)]);
      await Promise.all([
        one.report(invokes[0], { report: 'completed', output: {} }),
        two.report(invokes[1], { report: 'completed', output: {} }),
      ]);
      const views = await Promise.all([
        one.persistence.queries.run(runs[0]),
        two.persistence.queries.run(runs[1]),
      ]);
      const states = views.map((view) => view?.tasks.find(({ task }) => task === c)?.state);
      expect([...states].sort()).toEqual(['invoked', 'skipped']);
      invoked += states.filter((state) => state === 'invoked').length;
      const [door, run] = states[0] === 'invoked' ? [one, runs[0]] : [two, runs[1]];
      await door.report(await invokeOf(door, run, c), { report: 'completed', output: {} });
    }
    return invoked;
  }

  /** A run whose invoke is committed and lost on its way to Kafka: publishing goes on after the request is answered. */
  async function requestUnpublished(): Promise<string> {
    one.bus.lost = true;
    const run = await one.request('sources.a0');
    await awaitUntil('its invoke is lost', async () =>
      one.bus.dropped.some((message) => message.run === run && message.invocation !== null),
    );
    one.bus.lost = false;
    return run;
  }

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
    const invoked = await Promise.all(lanes.map((lane) => runPairs(lane, PAIRS / LANES)));
    expect(invoked.reduce((sum, count) => sum + count, 0)).toBe(PAIRS);
  }, 120_000);

  /** Its invoke, if the sweeper would send it. */
  async function invokesLeft(run: string): Promise<readonly OutboxMessage[]> {
    const claimed = await two.persistence.timers.claimUnpublished(0, EVERYTHING);
    const left = await two.persistence.timers.renewUnpublished(claimed);
    const messages = left.flatMap((row) => row.messages);
    return messages.filter((message) => message.run === run && message.invocation !== null);
  }

  test('an invoke that its coordinator committed and never published is not sent after the run was cancelled', async () => {
    const run = await requestUnpublished();
    await two.submit({ kind: 'run-input', run, source: '/test', input: { kind: 'cancel', reason: 'test' } });
    expect(await invokesLeft(run)).toEqual([]);
  });

  test('a place that becomes free goes to the run that waits longest, whatever comes in the same batch', async () => {
    await one.declare({ server: 'tight', tasks: [{ name: 'work' }] });
    const instance = { server: 'tight', instance: 'only', state: 'online', lastSeen: 0 } as const;
    const room = { capacity: 1, queueLimit: 0, queued: null, started: null, clockSkewMs: null };
    const { snapshot } = await one.persistence.timers.look({ topics: [], unsentForMs: 0, silentForMs: 0 });
    const seen = { unfinished: new Map<string, number>(), online: [{ ...instance, ...room }], snapshot };
    one.capacity.beginCount();
    one.capacity.endCount(seen, new Map());
    const runs: string[] = [];
    for (let n = 0; n < 4; n++) runs.push(await one.request('tight.work'));
    const invokedRuns = () =>
      one.bus.sent.flatMap(({ run, invocation, server }) => (invocation && server === 'tight' ? [run] : []));
    expect(invokedRuns()).toEqual(runs.slice(0, 1));
    for (let n = 0; n < 4; n++) {
      const command = await invokeOf(one, runs[n] ?? '', 'tight.work');
      const [, late] = await Promise.all([
        one.report(command, { report: 'completed', output: {} }),
        one.request('tight.work'),
      ]);
      runs.push(late);
      // Any batch of the coordinator that let them wait serves them first.
      await one.request('sources.a0');
    }
    expect(invokedRuns()).toEqual(runs.slice(0, 5));
  });

  test('a server that declared itself at another coordinator is invoked at once', async () => {
    two.bus.unknownTopics.add('late');
    await one.declare({ server: 'late', tasks: [{ name: 'work' }] });
    // Whatever it is that makes this coordinator see the newer registry.
    await two.request('sources.a0');
    const run = await two.request('late.work');
    const view = await two.persistence.queries.run(run);
    expect(view?.tasks).toMatchObject([{ state: 'invoked', attempt: 1, reason: null }]);
  });

  test('a task is declared and asked for in one batch, when of what it depends on one part is stale and one is not', async () => {
    await one.declare({ server: 'early', tasks: [{ name: 'never' }, { name: 'up' }] });
    const up = await one.request('early.up');
    await one.report(await invokeOf(one, up, 'early.up'), { report: 'completed', output: {} });
    const dependsOn = ['early.never', 'early.up'];
    const [, run] = await Promise.all([
      one.declare({ server: 'late', tasks: [{ name: 'down', dependsOn }] }),
      one.request('late.down'),
    ]);
    const view = await one.persistence.queries.run(run);
    expect(view).toMatchObject({
      state: 'completed',
      tasks: [{ state: 'skipped', reason: 'waiting for early.never' }],
    });
  });

  test('a task says truly that it waits for the command topic, and is invoked once that is there', async () => {
    two.bus.unknownTopics.add('later');
    await one.declare({ server: 'later', tasks: [{ name: 'work' }] });
    two.bus.lost = true;
    const run = await two.request('later.work');
    two.bus.lost = false;
    const reason = 'waiting for the command topic of later';
    expect((await two.persistence.queries.run(run))?.tasks).toMatchObject([{ state: 'pending', reason }]);
    expect((await one.persistence.timers.runsWaitingPerServer(10)).get('later')).toMatchObject([{ run }]);
    await two.bus.ensureCommandTopic('later');
    // Any batch of the coordinator that let it wait serves it first.
    const next = await two.request('later.work');
    const views = await Promise.all([run, next].map((id) => two.persistence.queries.run(id)));
    expect(views.map((view) => view?.tasks[0]?.state)).toEqual(['invoked', 'invoked']);
    const order = two.bus.sent.flatMap(({ run: id, invocation }) => (invocation ? [id] : []));
    expect(order.indexOf(run)).toBeLessThan(order.indexOf(next));
  });

  test('a forged log line is in the history as refused, with where it came from and without its text', async () => {
    const run = await one.request('sources.a0');
    const invoke = await invokeOf(one, run, 'sources.a0');
    const attempt = { run, invocation: invoke.invocation ?? '', task: 'sources.a0', attempt: 1 };
    const where = { topic: 't.events', partition: 3, offset: 7n, key: null, value: null };
    await one.submit({
      ...({ kind: 'update', source: '/servers/sources/other', at: Date.now(), where } as const),
      attempt: { ...attempt, lease: 'forged', instance: 'other' },
      report: { report: 'log', level: 'info', message: 'lies' },
      isForged: true,
    });
    const refused = (await one.persistence.queries.history(run))?.filter(({ applied }) => !applied);
    expect(refused).toMatchObject([
      {
        type: 'cordyna.task.log.v1',
        reason: 'the lease is not the one of this invocation',
        ...{ topic: 't.events', partition: 3, offset: '7', source: '/servers/sources/other' },
      },
    ]);
    expect(JSON.stringify(refused)).not.toMatch(/lies|forged/);
  });

  test('an unpublished invoke of an unfinished attempt is left for the sweeper', async () => {
    const run = await requestUnpublished();
    expect(await invokesLeft(run)).toHaveLength(1);
  });
});
