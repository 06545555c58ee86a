import { randomUUID } from 'node:crypto';
import { RowType } from '@cordyna/engine';
import { awaitUntil } from '@cordyna/testkit';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Changes, OutboxRow } from '../../../src/coordination/ports/index.js';
import { changesOf, invoke, lived, message, seedOf, type Happening } from '../support/builders.js';
import type { OpenStore, StoreUnderTest } from './store-under-test.js';

/** What the publisher and the sweeper rely on: each store answers it. */
export function outboxContract(open: OpenStore): void {
  let db: StoreUnderTest;
  beforeAll(async () => {
    db = await open();
  });
  afterAll(() => db.close());
  const commit = (changes: Partial<Changes>) => db.store.commit(changesOf(changes));
  const look = (unsentForMs = 60_000) => db.timers.look({ topics: [], unsentForMs, silentForMs: 60_000 });
  const cancelOf = (invocation: string) =>
    message(`cancel-${invocation}`, { kind: 'command', invocation, ackMs: null });
  /** Rows of the same millisecond are not told apart by their stamps. */
  const later = (than = 0) =>
    awaitUntil('the clock has moved', async () => (await db.now()) > than + 2, { everyMs: 2 });
  const idsOf = (rows: readonly OutboxRow[]) =>
    rows.map(({ messages }) => messages.map(({ messageId }) => messageId));

  test('is claimed once by age, row by row, with a new stamp, and goes once nothing of it is owed', async () => {
    const { outbox, clock } = await commit({ outbox: [cancelOf('i-8'), message('m-8')] });
    const other = (await commit({ outbox: [message('m-9')] })).outbox;
    const ids = [outbox, other].map((row) => row?.id ?? '');
    expect(outbox).toMatchObject({ createdAt: clock, stamp: clock });
    expect(await db.timers.claimUnpublished(60_000, 10)).toEqual([]);
    expect((await look()).errands).not.toContain('unsent');
    await later(other?.stamp);
    const seen = await look(1);
    expect(seen.errands).toContain('unsent');
    expect(seen.unpublished).toBe(3);
    const claimed = await db.timers.claimUnpublished(1, 10);
    expect(claimed.map(({ stamp: _, ...row }) => row)).toEqual(
      [outbox, other].map((row) => ({
        ...{ id: row?.id, messages: row?.messages, places: null, createdAt: row?.createdAt },
      })),
    );
    for (const { createdAt, stamp } of claimed) expect(stamp).toBeGreaterThan(createdAt);
    await commit({ published: [ids[1] ?? ''] });
    await later(claimed[0]?.stamp);
    const renewed = await db.timers.renewUnpublished(claimed);
    expect(renewed).toEqual([{ ...claimed[0], places: [0, 1], stamp: renewed[0]?.stamp }]);
    expect(renewed[0]?.stamp).toBeGreaterThan(claimed[0]?.stamp ?? 0);
    // What somebody else has claimed meanwhile is theirs.
    await later(renewed[0]?.stamp);
    expect(await db.timers.claimUnpublished(1, 1)).toHaveLength(1);
    expect(await db.timers.renewUnpublished(renewed)).toEqual([]);
    await commit({ published: ids });
    expect(await db.timers.countUnpublished()).toBe(0);
    expect((await look(1)).errands).not.toContain('unsent');
  });

  test('remembers what of a row is settled, whoever says so and how often', async () => {
    const { outbox } = await commit({ outbox: ['n-1', 'n-2', 'n-3', 'n-4'].map((id) => message(id)) });
    const row = outbox?.id ?? '';
    await later(outbox?.stamp);
    const [before] = await db.timers.claimUnpublished(1, 10);
    await commit({ narrowed: [{ row, settled: [2, 0] }] });
    await commit({
      narrowed: [
        { row, settled: [2] },
        { row: '0', settled: [1] },
      ],
    });
    expect(await db.timers.countUnpublished()).toBe(2);
    expect((await look()).unpublished).toBe(2);
    await later(before?.stamp);
    expect(idsOf(await db.timers.renewUnpublished(before ? [before] : []))).toEqual([['n-2', 'n-4']]);
    await commit({ narrowed: [{ row, settled: [1, 3] }] });
    await later(await db.now());
    // Two may have said it of a half each: whoever claims the row finds nothing left.
    expect(idsOf(await db.timers.claimUnpublished(1, 10))).toEqual([[]]);
    expect(await db.timers.countUnpublished()).toBe(0);
    await commit({ published: [row] });
    expect((await look(1)).errands).not.toContain('unsent');
  });

  test('gives invokes to be sent only while their attempt is still to begin, and all else', async () => {
    const seed = seedOf(Array.from({ length: 6 }, (_, index) => `v.t${index}`));
    const { run } = seed;
    const invoked = (task: number, invocation: string): Happening => [
      RowType.taskInvoked,
      { invocation },
      task,
    ];
    const by = (invocation: string) => ({ invocation, instance: 'x' });
    const change = lived(
      seed,
      ...[invoked(0, 'v-0'), invoked(1, 'v-1'), invoked(1, 'v-1-again'), invoked(2, 'v-4')],
      ...[invoked(3, 'v-queued'), invoked(4, 'v-started'), invoked(5, 'v-completed')],
      [RowType.taskQueued, by('v-queued'), 3],
      [RowType.taskStarted, by('v-started'), 4],
      [RowType.taskCompleted, { output: {} }, 5],
    );
    await commit({ runs: [change] });
    const invocations = ['v-0', 'v-1', 'v-4', 'v-queued', 'v-started', 'v-completed', 'v-unknown'];
    const of = (its: string | null) => invocations.map((id) => invoke(id, { messageId: id, run: its }));
    const { outbox } = await commit({ outbox: [...of(run), cancelOf('v-1'), message('f-1')] });
    const elsewhere = (await commit({ outbox: of(randomUUID()) })).outbox;
    await later(elsewhere?.stamp);
    const claimed = await db.timers.claimUnpublished(1, 20);
    expect(idsOf(claimed)).toEqual([[...invocations, 'cancel-v-1', 'f-1'], invocations]);
    await later(claimed[0]?.stamp);
    const renewed = await db.timers.renewUnpublished(claimed);
    expect(idsOf(renewed)).toEqual([['v-0', 'v-4', 'cancel-v-1', 'f-1'], []]);
    await commit({ published: [outbox, elsewhere].map((row) => row?.id ?? '') });
  });
}
