import { expect, describe, test } from '@jest/globals';
import fc from 'fast-check';
import { lineOf, type Decision, type Run } from '@cordyna/engine';
import {
  RunDriver,
  TestWorld,
  declarations,
  inputOf,
  moves,
  registryWith,
  seedFor,
} from '@cordyna/engine/testing';
import { NOTHING_LOADED, type Envelope } from '../../src/coordination/index.js';
import type { ServerLoad } from '../../src/coordination/ports/index.js';
import { WorkingSet } from '../../src/coordination/working-set.js';
import { changesOf, runChange, runOf, seedOf, type TaskFields } from '../persistence/support/builders.js';

const seed = seedOf(['one.a', 'one.b', 'one.c', 'two.d']);
const runWith = (...tasks: readonly TaskFields[]) => runOf(seed, tasks);
const attempt = (state: TaskFields['state'], instance: string | null = null): TaskFields => ({
  ...{ state, instance, attempt: 1 },
  invocation: `${state} ${instance}`,
});
const done: TaskFields = { state: 'completed', attempt: 1 };

const WITH_SERVER: readonly string[] = ['invoked', 'queued', 'started'];

/** `<server> <instance>` → what there is, by looking at every task run; where there is nothing, nothing is listed. */
function scanned({ tasks, seed: { plan } }: Run): ReadonlyMap<string, readonly [number, number]> {
  const found = new Map<string, readonly [number, number]>();
  const add = (name: string, unfinished: number): void =>
    void found.set(name, [found.get(name)?.[0] ?? 0, (found.get(name)?.[1] ?? 0) + unfinished]);
  for (const { member, state, invocation, instance } of tasks) {
    const server = plan.members[member]?.server ?? '';
    if (state === 'pending') found.set(`${server} `, [1, found.get(`${server} `)?.[1] ?? 0]);
    if (invocation === null || !WITH_SERVER.includes(state)) continue;
    add(`${server} `, 1);
    if (state !== 'invoked' && instance !== null) add(`${server} ${instance}`, 1);
  }
  return found;
}

const listed = (load: readonly ServerLoad[]): string[] =>
  load.map((one) => `${one.server} ${one.instance ?? ''}: ${one.waiting}, ${one.unfinished}`).sort();

/** What there is more than there was, by comparing two scans. */
function scannedChanges(before: Run | null, after: Run): string[] {
  const [was, is] = [before ? scanned(before) : new Map<string, [number, number]>(), scanned(after)];
  return [...new Set([...was.keys(), ...is.keys()])]
    .map((name) => {
      const [[waited, had], [waits, has]] = [was.get(name) ?? [0, 0], is.get(name) ?? [0, 0]];
      return { name, waiting: waits - waited, unfinished: has - had };
    })
    .filter(({ waiting, unfinished }) => waiting !== 0 || unfinished !== 0)
    .map(({ name, waiting, unfinished }) => `${name}: ${waiting}, ${unfinished}`)
    .sort();
}

const linesOf = ({ tasks }: Run): ReadonlySet<string> =>
  new Set([...tasks].flatMap(({ state, reason }) => (state === 'pending' ? (lineOf(reason) ?? []) : [])));

describe('what a run that is created has at a server', () => {
  const loadOf = (run: Run) => listed(changesOf({ runs: [runChange(run, null)] }).load);

  test('is whether something is pending, what is under way, and who is at it', () => {
    const run = runWith(attempt('invoked'), attempt('started', 'y'), attempt('queued', 'x'), {});
    expect(loadOf(run)).toEqual(['one : 0, 3', 'one x: 0, 1', 'one y: 0, 1', 'two : 1, 0']);
  });

  test('is nothing once its tasks have ended', () => {
    expect(loadOf(runWith(done, done, done, done))).toEqual([]);
  });
});

const envelope = { command: () => ({}), fact: () => ({}) } as unknown as Envelope;

function workingSet(run: Run | null, smallTasks: number): WorkingSet {
  const runs = new Map(run ? [[run.seed.run, { value: run, version: 1, contentHash: '' }]] : []);
  return new WorkingSet({ ...NOTHING_LOADED, runs }, 0, registryWith(), envelope, undefined, smallTasks);
}

/** Freshness is of no interest here. */
const alone = (decision: Decision): Decision => ({ ...decision, read: [], freshness: [] });

test('what batches keep of a run is what looking at all its task runs would find', () => {
  const places = fc.dictionary(fc.constantFrom('server-a', 'server-b', 'server-c'), fc.nat(2));
  const batches = fc.array(fc.record({ inputs: moves(8), places }), { minLength: 1, maxLength: 8 });
  fc.assert(
    fc.property(declarations(), fc.nat(), batches, fc.constantFrom(0, 3, 16), (declared, at, all, small) => {
      const registry = registryWith(...declared);
      const tasks = [...registry.tasks.keys()];
      const world = new TestWorld();
      for (const [server, free] of Object.entries(all[0]?.places ?? {})) world.capacities.set(server, free);
      const driver = new RunDriver(seedFor(registry, { task: tasks[at % tasks.length] ?? '' }), world);
      let before: Run | null = null;
      for (const { inputs, places: next } of all) {
        const batch = workingSet(before, small);
        if (!before) batch.addRun(alone(driver.last), '');
        for (const move of inputs) {
          batch.absorb(alone(driver.send(inputOf(driver.run, move, driver.now))));
          batch.noteWhereItWaits(driver.run);
        }
        expect(listed(batch.changes().load)).toEqual(scannedChanges(before, driver.run));
        const lines = linesOf(driver.run);
        for (const [line, runs] of batch.waits)
          expect([line, runs.get(driver.run.seed.run)?.waits]).toEqual([line, lines.has(line)]);
        before = driver.run;
        world.capacities.clear();
        for (const [server, free] of Object.entries(next)) world.capacities.set(server, free);
      }
    }),
  );
});
