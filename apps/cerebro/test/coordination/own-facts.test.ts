import { describe, expect, test } from '@jest/globals';
import { AnnouncingStore, OwnFacts, type Changes, type Store } from '../../src/coordination/index.js';

const message = (kind: string, topic: string) => ({ kind, topic });
const fact = message('fact', 'events');
const command = message('command', 'commands.a');

const changesOf = (read: readonly string[], outbox: readonly object[]): Changes =>
  ({
    positions: read.map((topic, partition) => ({ topic, partition })),
    outbox,
    runs: [],
    schedules: [],
    registry: { read: null, changes: [] },
  }) as unknown as Changes;

/** A hundred bytes for each fact, and one for each partition. */
const counting = (): OwnFacts => new OwnFacts((facts, partitions) => facts.length * 100 + partitions);

describe('facts that are about to come back to the coordinator that writes them', () => {
  test.each([
    ['of one update', ['events'], [command, fact], 101],
    ['of updates from several partitions', ['events', 'events'], [fact, command, fact, fact], 302],
    ['no more partitions than facts', ['events', 'events', 'events'], [fact], 101],
  ])('%s are counted', (_, read, outbox, bytes) => {
    const facts = counting();
    facts.begun(changesOf(read, outbox));
    expect(facts.bytes()).toBe(bytes);
  });

  test.each([
    ['what only others read', ['events'], [command]],
    ['facts of runs that others may read: nothing of theirs was read here', [], [fact]],
    ['facts of runs that were just asked for', ['events', 'invocations'], [fact]],
    ['more than a few', ['events'], Array.from({ length: 21 }, () => fact)],
  ])('%s: not counted', (_, read, outbox) => {
    const facts = counting();
    facts.begun(changesOf(read, outbox));
    expect(facts.bytes()).toBe(0);
  });
});

test.each([
  ['committed', () => Promise.resolve({ outbox: null, lost: 0, clock: 0, transaction: null })],
  ['refused', () => Promise.reject(new Error('conflict'))],
])('they are counted until their commit is %s', async (_, commit) => {
  const facts = counting();
  const during: number[] = [];
  const inner = {
    commit: () => {
      during.push(facts.bytes());
      return commit();
    },
  } as unknown as Store;
  const store = new AnnouncingStore(inner, [facts]);
  await store.commit(changesOf(['events'], [fact])).catch(() => undefined);
  expect([...during, facts.bytes()]).toEqual([101, 0]);
});
