import { isDeepStrictEqual } from 'node:util';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Capacity, Snapshot, type CountedBatch } from '../../src/coordination/index.js';

const SERVER = 'server-a';
const ROOM = 1_000;
const online = [{ server: SERVER, capacity: ROOM, queueLimit: 0 }];
const everywhere = (): boolean => true;
const aged = (createdAt: number) => ({ run: `run-${createdAt}`, createdAt });
const nothing = { load: new Map<string, number>(), waits: new Map() };

/** A batch that begins so many invocations, and whose runs begin (true) or cease to wait. */
const batchOf = (begun: number, waits: readonly (readonly [number, boolean])[] = []) => ({
  load: new Map([[SERVER, begun]]),
  waits: new Map([
    [SERVER, new Map(waits.map(([at, isIn]) => [aged(at).run, { age: aged(at), waits: isIn }]))],
  ]),
});
const lineOf = (capacity: Capacity): number[] =>
  capacity.offers(everywhere, false).map(({ createdAt }) => createdAt);
const found = (...line: readonly number[]) => new Map(line.length > 0 ? [[SERVER, line.map(aged)]] : []);

/** A look that has seen `unfinished`, and the transactions up to `upTo` but for those that were `open`. */
const look = (unfinished: number, upTo: bigint, ...open: readonly bigint[]) => ({
  unfinished: new Map([[SERVER, unfinished]]),
  online,
  snapshot: new Snapshot(upTo + 1n, new Set(open)),
});

function counted(unfinished = 0): Capacity {
  const capacity = new Capacity();
  capacity.beginCount();
  capacity.endCount(look(unfinished, 0n), new Map());
  return capacity;
}

test('a run whose commit is under way when a look begins keeps its place in line', () => {
  const capacity = counted();
  const batch = capacity.add(batchOf(0, [[5, true]]));
  capacity.beginCount();
  capacity.endCount(look(0, 0n), found());
  expect(capacity.freeFor(aged(6), SERVER, nothing)).toBe(0);
  capacity.landed(batch, 1n);
  expect(capacity.freeFor(aged(6), SERVER, nothing)).toBe(0);
  expect(lineOf(capacity)).toEqual([5]);
});

test('a run that was given its place by a commit under way is not put back in line by the look', () => {
  const capacity = counted();
  capacity.landed(capacity.add(batchOf(0, [[5, true]])), 1n);
  const batch = capacity.add(batchOf(1, [[5, false]]));
  capacity.beginCount();
  capacity.endCount(look(0, 1n), found(5));
  capacity.landed(batch, 2n);
  expect(lineOf(capacity)).toEqual([]);
});

test.each([
  ['has not seen, nothing is lost', look(7, 0n), 10],
  ['has seen, nothing is counted twice', look(10, 1n), 10],
  ['was open when the look was carried out, nothing is lost', look(7, 4n, 1n), 10],
])('of a commit under way when a look begins which it %s', (_, seen, unfinished) => {
  const early = counted(7);
  const batch = early.add(batchOf(3));
  early.beginCount();
  early.landed(batch, 1n);
  early.endCount(seen, new Map());
  expect(early.free(SERVER)).toBe(ROOM - unfinished);

  const late = counted(7);
  const slow = late.add(batchOf(3));
  late.beginCount();
  late.endCount(seen, new Map());
  late.landed(slow, 1n);
  expect(late.free(SERVER)).toBe(ROOM - unfinished);
});

test('a batch that is added when its commit was answered, after a look has seen it, is not counted twice', () => {
  const capacity = counted();
  capacity.beginCount();
  capacity.endCount(look(3, 1n), new Map());
  capacity.landed(capacity.add(batchOf(3)), 1n);
  expect(capacity.free(SERVER)).toBe(ROOM - 3);
});

test('while nobody knows whether the look has seen a batch, what it gives back is not given away', () => {
  const capacity = counted(10);
  const batch = capacity.add(batchOf(-4));
  expect(capacity.free(SERVER)).toBe(ROOM - 6);
  capacity.beginCount();
  capacity.endCount(look(6, 1n), new Map());
  expect(capacity.free(SERVER)).toBe(ROOM - 6);
  capacity.landed(batch, 1n);
  expect(capacity.free(SERVER)).toBe(ROOM - 6);
});

test('what a failed commit did is undone, also when a look has ended meanwhile', () => {
  for (const isLooking of [false, true]) {
    const capacity = counted(2);
    capacity.landed(capacity.add(batchOf(0, [[5, true]])), 1n);
    const failing = [capacity.add(batchOf(1, [[5, false], [6, true]]))]; // prettier-ignore
    failing.push(capacity.add(batchOf(1, [[5, true], [6, false]]))); // prettier-ignore
    if (isLooking) {
      capacity.beginCount();
      capacity.endCount(look(2, 1n), found(5));
    }
    for (const batch of failing) capacity.takeBack(batch);
    expect([capacity.free(SERVER), lineOf(capacity)]).toEqual([ROOM - 2, [5]]);
  }
});

test('of a run that stood in line before, a failed commit that left it there takes nothing away', () => {
  const capacity = counted();
  capacity.landed(capacity.add(batchOf(0, [[5, true]])), 1n);
  capacity.takeBack(capacity.add(batchOf(0, [[5, true]])));
  expect(lineOf(capacity)).toEqual([5]);
});

test('what was committed cannot be taken back', () => {
  const capacity = counted();
  const batch = capacity.add(batchOf(3, [[5, true]]));
  capacity.landed(batch, 1n);
  capacity.takeBack(batch);
  expect([capacity.free(SERVER), lineOf(capacity)]).toEqual([ROOM - 3, [5]]);
});

const RUNS = [1, 2, 3, 4];
const STEPS = ['send', 'commit', 'answer', 'fail', 'other', 'begin', 'ask', 'end', 'give up'] as const;
type Step = (typeof STEPS)[number];

interface Sent {
  readonly batch: CountedBatch;
  readonly begun: number;
  readonly toggled: readonly number[];
  transaction: bigint | null;
}

/** A database, and a coordinator whose commits reach it one behind the other, at most two at a time. */
class Model {
  readonly capacity = counted();
  private flights: Sent[] = [];
  private transactions = 0n;
  private stored = { unfinished: 0, line: new Set<number>() };
  /** What is known of others: what they had when the last look was carried out. */
  private seenOfOthers = 0;
  private ofOthers = 0;
  private asked: { unfinished: number; upTo: bigint; ofOthers: number } | null = null;
  private isLooking = false;
  private own = 0;
  private ownLine = new Set<number>();

  step(step: Step, change: number, runs: readonly number[]): void {
    const [first] = this.flights;
    switch (step) {
      case 'send':
        if (this.flights.length < 2) this.send(change, runs);
        break;
      case 'commit': {
        const next = this.flights.find(({ transaction }) => transaction === null);
        if (next) this.commit(next);
        break;
      }
      case 'answer':
        if (first?.transaction) {
          this.capacity.landed(first.batch, first.transaction);
          this.flights.shift();
        }
        break;
      case 'fail':
        if (first?.transaction === null) this.fail();
        break;
      case 'other':
        this.transactions += 1n;
        this.ofOthers += change;
        break;
      default:
        this.look(step);
    }
  }

  private send(begun: number, toggled: readonly number[]): void {
    this.own += begun;
    for (const run of toggled) toggle(this.ownLine, run);
    const batch = this.capacity.add(
      batchOf(
        begun,
        toggled.map((run) => [run, this.ownLine.has(run)]),
      ),
    );
    this.flights.push({ batch, begun, toggled, transaction: null });
  }

  private commit(sent: Sent): void {
    sent.transaction = this.transactions += 1n;
    this.stored.unfinished += sent.begun;
    for (const run of sent.toggled) toggle(this.stored.line, run);
  }

  private fail(): void {
    for (const { batch, begun, toggled } of this.flights.splice(0)) {
      this.own -= begun;
      for (const run of toggled) toggle(this.ownLine, run);
      this.capacity.takeBack(batch);
    }
  }

  private look(step: Step): void {
    if (step === 'begin' && !this.isLooking) {
      this.isLooking = true;
      this.capacity.beginCount();
    } else if (step === 'ask' && this.isLooking && !this.asked) {
      const { ofOthers, transactions: upTo, stored } = this;
      this.asked = { unfinished: stored.unfinished + ofOthers, upTo, ofOthers };
    } else if (step === 'end' && this.asked) {
      const { unfinished, upTo, ofOthers } = this.asked;
      // The lines are asked for later, and of those that wait the oldest comes first.
      const line = [...this.stored.line].sort((a, b) => a - b);
      this.capacity.endCount(look(unfinished, upTo), found(...line));
      this.seenOfOthers = ofOthers;
      this.isLooking = false;
      this.asked = null;
    } else if (step === 'give up' && this.isLooking) {
      this.capacity.failCount();
      this.isLooking = false;
      this.asked = null;
    }
  }

  /** What is free and who waits, as the coordinator believes and as it is. */
  compare(): { readonly believed: unknown; readonly true: unknown } {
    const { capacity, flights, own, seenOfOthers } = this;
    const free = ROOM - own - seenOfOthers;
    const isUncertain = flights.some(({ batch }) => batch.state === 'uncertain');
    const believed = capacity.free(SERVER);
    const line = [...this.ownLine].sort((a, b) => a - b).join();
    const isCautious = isUncertain && believed < free;
    return { believed: [isCautious ? free : believed, lineOf(capacity).join()], true: [free, line] };
  }
}

function toggle(line: Set<number>, run: number): void {
  if (!line.delete(run)) line.add(run);
}

test('whatever is under way when: each commit counts once, and the line is as it was decided', () => {
  const steps = fc.array(
    fc.tuple(fc.constantFrom(...STEPS), fc.integer({ min: -3, max: 3 }), fc.subarray(RUNS)),
    { minLength: 20, maxLength: 80, size: 'max' },
  );
  fc.assert(
    fc.property(steps, (all) => {
      const model = new Model();
      for (const [step, change, runs] of all) {
        model.step(step, change, runs);
        const { believed, true: found } = model.compare();
        if (!isDeepStrictEqual(believed, found)) expect(believed).toEqual(found);
      }
    }),
    { numRuns: 300 },
  );
});
