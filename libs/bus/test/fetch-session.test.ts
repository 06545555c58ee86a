import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { FetchSession } from '../src/cluster/fetch-session.js';
import type { FetchPlan, FetchPosition } from '../src/cluster/fetch-session.js';

const NOT_FOUND = 70;
const INVALID_EPOCH = 71;

const at = (partition: number, offset: number): FetchPosition => ({
  topic: 't',
  partition,
  key: `t/${partition}`,
  offset: String(offset),
});

/** What a broker makes of requests, by KIP-227; it ends the session when it is told to forget. */
class ModelBroker {
  private sessions = 0;
  private session: { id: number; epoch: number; positions: Map<number, string> } | undefined;

  /** Offsets by partition of what is fetched; null: an error. */
  take({ sessionId, sessionEpoch, changed, forgotten }: FetchPlan): {
    errorCode: number;
    sessionId: number;
    fetched: Map<number, string> | null;
  } {
    if (sessionEpoch === 0) {
      this.session = { id: ++this.sessions, epoch: 0, positions: new Map() };
    } else if (this.session?.id !== sessionId) {
      return { errorCode: NOT_FOUND, sessionId: 0, fetched: null };
    } else if (this.session.epoch + 1 !== sessionEpoch) {
      return { errorCode: INVALID_EPOCH, sessionId: 0, fetched: null };
    }
    const { session } = this;
    session.epoch = sessionEpoch;
    for (const { partition, offset } of changed) session.positions.set(partition, offset);
    for (const { partition } of forgotten) session.positions.delete(partition);
    return { errorCode: 0, sessionId: session.id, fetched: new Map(session.positions) };
  }

  forget(): void {
    this.session = undefined;
  }
}

const round = fc.record({
  offsets: fc.uniqueArray(fc.tuple(fc.nat({ max: 5 }), fc.nat({ max: 3 })), {
    selector: ([partition]) => partition,
  }),
  fault: fc.constantFrom('none', 'none', 'none', 'request lost', 'answer lost', 'broker forgot', 'no room'),
});

describe('a fetch session', () => {
  test('has the broker fetch exactly what is wanted, whatever either side forgets', () => {
    fc.assert(
      fc.property(fc.array(round, { maxLength: 30 }), (rounds) => {
        const session = new FetchSession();
        const broker = new ModelBroker();
        for (const { offsets, fault } of rounds) {
          if (fault === 'broker forgot') broker.forget();
          const wanted = offsets.map(([partition, offset]) => at(partition, offset));
          const plan = session.next(wanted);
          if (fault === 'request lost') {
            session.failed();
            continue;
          }
          const { fetched, ...answer } = broker.take(plan);
          if (fault === 'answer lost') {
            session.failed();
            continue;
          }
          const sessionId = fault === 'no room' ? 0 : answer.sessionId;
          expect(session.answered({ ...answer, sessionId })).toBe(fetched !== null);
          if (fault === 'no room') broker.forget();
          const expected = new Map(wanted.map(({ partition, offset }) => [partition, offset]));
          if (fetched !== null) expect(fetched).toEqual(expected);
        }
      }),
    );
  });

  test('names only what has changed, and what is no longer wanted', () => {
    const session = new FetchSession();
    const all = [at(0, 5), at(1, 5), at(2, 5)];
    expect(session.isNew).toBe(true);
    expect(session.next(all)).toEqual({ sessionId: 0, sessionEpoch: 0, changed: all, forgotten: [] });
    session.answered({ errorCode: 0, sessionId: 9 });
    expect(session.isNew).toBe(false);
    expect(session.next(all)).toEqual({ sessionId: 9, sessionEpoch: 1, changed: [], forgotten: [] });
    session.answered({ errorCode: 0, sessionId: 9 });
    const moved = [at(0, 5), at(1, 7)];
    const plan = { sessionId: 9, sessionEpoch: 2, changed: [at(1, 7)], forgotten: [at(2, 5)] };
    expect(session.next(moved)).toEqual(plan);
  });

  test('keeps the id of a session whose epoch is wrong, so that the broker drops it, and not of one that is unknown', () => {
    const session = new FetchSession();
    session.next([at(0, 0)]);
    session.answered({ errorCode: 0, sessionId: 9 });
    session.next([at(0, 0)]);
    expect(session.answered({ errorCode: INVALID_EPOCH, sessionId: 0 })).toBe(false);
    expect(session.next([at(0, 0)])).toMatchObject({ sessionId: 9, sessionEpoch: 0, changed: [at(0, 0)] });
    expect(session.answered({ errorCode: NOT_FOUND, sessionId: 0 })).toBe(false);
    expect(session.next([at(0, 0)])).toMatchObject({ sessionId: 0, sessionEpoch: 0, changed: [at(0, 0)] });
  });

  test('begins with another partition each time while the broker has no room for it, so that none is left out', () => {
    const session = new FetchSession();
    const firsts = [0, 1, 2, 3].map(() => {
      const { changed } = session.next([at(0, 0), at(1, 0), at(2, 0)]);
      session.answered({ errorCode: 0, sessionId: 0 });
      return changed[0]?.partition;
    });
    expect(firsts).toEqual([0, 1, 2, 0]);
  });

  test('begins to count anew after the last epoch', () => {
    const session = new FetchSession();
    session.next([]);
    session.answered({ errorCode: 0, sessionId: 9 });
    Object.assign(session, { epoch: 2_147_483_647 });
    session.next([]);
    session.answered({ errorCode: 0, sessionId: 9 });
    expect(session.next([]).sessionEpoch).toBe(1);
  });
});
