import { beforeEach, expect, jest, test } from '@jest/globals';
import { Logger } from '@nestjs/common';
import type {
  Door,
  OutboundBus,
  OutboxMessage,
  OutboxRow,
  Published,
  ReadBack,
  SendOutcome,
  TimerQueries,
} from '../../src/coordination/index.js';
import { publishedOf, restOf } from '../../src/coordination/index.js';
import { Sweeper } from '../../src/timers/sweeper.js';
import { awaitUntil } from '@cordyna/testkit';
import { invoke, message } from '../persistence/support/builders.js';

const rowOf = (id: string, ...messages: OutboxMessage[]): OutboxRow => ({
  ...{ id, messages, places: null, createdAt: 1_000, stamp: 20_000 },
});
const invokeOf = (id: string): OutboxMessage => invoke(id, { messageId: id, run: `run-${id}` });
const invoked = (id: string) => ({ run: `run-${id}`, invocation: id });

beforeEach(() => {
  jest.spyOn(Logger.prototype, 'warn').mockReturnValue(undefined);
});

interface Kafka {
  readonly found?: readonly string[];
  readonly unread?: readonly string[];
  readonly obsolete?: readonly string[];
  /** Rows that somebody else has claimed meanwhile. */
  readonly taken?: readonly string[];
  readonly outcomes?: Readonly<Record<string, SendOutcome['outcome']>>;
}

/** One sweep over the rows; what was sent, with which stamp, and what was said of the rows. */
async function sweep(rows: readonly OutboxRow[], kafka: Kafka) {
  const { found = [], unread = [], obsolete = [], taken = [], outcomes = {} } = kafka;
  const sent: [string, number][] = [];
  const marks: Published[] = [];
  let claims = 0;
  let looked = 0;
  const queries: Pick<TimerQueries, 'claimUnpublished' | 'renewUnpublished'> = {
    claimUnpublished: async () => (claims++ === 0 ? rows : []),
    renewUnpublished: async (claimed) =>
      claimed
        .filter(({ id }) => !taken.includes(id))
        .map((row) => restOf(row, ({ messageId }) => !obsolete.includes(messageId)))
        .map((row) => ({ ...row, stamp: 30_000 })),
  };
  const bus: Pick<OutboundBus, 'readBack' | 'send'> = {
    readBack: async (): Promise<ReadBack> => ({ found: new Set(found), unread: new Set(unread) }),
    send: async (messages, stamp) => {
      sent.push(...messages.map(({ messageId }): [string, number] => [messageId, stamp]));
      return messages.map(({ messageId }) => ({ outcome: outcomes[messageId] ?? 'written' }));
    },
  };
  const door: Pick<Door, 'markPublished'> = {
    markPublished: (some) => {
      marks.push(...some);
      looked += 1;
    },
  };
  const sweeper = new Sweeper(queries as TimerQueries, bus as OutboundBus, door as Door, 12_000);
  sweeper.start();
  sweeper.seen({ errands: new Set(['unsent']) });
  await awaitUntil('every row is marked', async () => looked === rows.length, { everyMs: 1 });
  await sweeper.stop();
  return { sent, marks };
}

test('what is in Kafka is not sent again, what is not is, with the newest stamp, and the row goes', async () => {
  const row = rowOf('1', invokeOf('a'), invokeOf('b'), message('fact'));
  const { sent, marks } = await sweep([row], { found: ['a'] });
  expect(sent).toEqual([
    ['b', 30_000],
    ['fact', 30_000],
  ]);
  expect(marks).toEqual([{ row: '1', settled: null, invokes: [invoked('a'), invoked('b')] }]);
});

test('what could not be read back is neither sent nor forgotten', async () => {
  const row = rowOf('1', invokeOf('a'), invokeOf('b'), invokeOf('c'));
  const { sent, marks } = await sweep([row], { found: ['a'], unread: ['b'] });
  expect(sent).toEqual([['c', 30_000]]);
  expect(marks).toEqual([{ row: '1', settled: [0, 2], invokes: [invoked('a'), invoked('c')] }]);
});

test('an invoke whose attempt has ended is not sent and not owed any more, and gets no deadline', async () => {
  const row = rowOf('1', invokeOf('a'), invokeOf('b'), invokeOf('c'));
  const { sent, marks } = await sweep([row], { obsolete: ['b'], outcomes: { c: 'unknown' } });
  expect(sent.map(([id]) => id)).toEqual(['a', 'c']);
  expect(marks).toEqual([{ row: '1', settled: [0, 1], invokes: [invoked('a')] }]);
});

test('of a row that somebody else has claimed meanwhile nothing is sent, and nothing said but what was found', async () => {
  const rows = [rowOf('1', invokeOf('a'), invokeOf('b')), rowOf('2', message('fact'))];
  const { sent, marks } = await sweep(rows, { found: ['a'], taken: ['1'] });
  expect(sent.map(([id]) => id)).toEqual(['fact']);
  expect(marks).toEqual([
    { row: '1', settled: [0], invokes: [invoked('a')] },
    { row: '2', settled: null, invokes: [] },
  ]);
});

test('a row of which nothing is owed any more goes', async () => {
  expect((await sweep([rowOf('1')], {})).marks).toEqual([{ row: '1', settled: null, invokes: [] }]);
});

test('what is said of a row that was narrowed before names the places that its messages had at first', () => {
  const row = restOf(
    rowOf('1', message('a'), message('b'), message('c'), message('d')),
    (_, at) => at % 2 > 0,
  );
  expect(row).toMatchObject({ messages: [{ messageId: 'b' }, { messageId: 'd' }], places: [1, 3] });
  expect(publishedOf(row, row.messages.slice(1))).toEqual([{ row: '1', settled: [3], invokes: [] }]);
  expect(publishedOf(row, row.messages)).toEqual([{ row: '1', settled: null, invokes: [] }]);
  expect(publishedOf(row, [])).toEqual([]);
});
