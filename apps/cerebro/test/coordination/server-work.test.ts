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
import type { ServerWork } from '../../src/coordination/ports/index.js';
import { RunWork } from '../../src/coordination/server-work.js';
import { WorkingSet } from '../../src/coordination/working-set.js';
import { runOf, seedOf, type TaskFields } from '../persistence/support/builders.js';

const seed = seedOf(['one.a', 'one.b', 'one.c', 'two.d']);
const runWith = (...tasks: readonly TaskFields[]) => runOf(seed, tasks);
const attempt = (state: TaskFields['state'], instance: string | null = null): TaskFields => ({
  ...{ state, instance, attempt: 1 },
  invocation: `${state} ${instance}`,
});
const done: TaskFields = { state: 'completed', attempt: 1 };

const WITH_SERVER: readonly string[] = ['invoked', 'queued', 'started'];

/** What there is at each server, by looking at every task run; where there is nothing, nothing is listed. */
function scanned({ tasks, seed: { plan } }: Run): ReadonlyMap<string, ServerWork> {
  const found = new Map<string, ServerWork>();
  for (const server of new Set(plan.members.map((member) => member.server))) {
    const all = [...tasks].filter(({ member }) => plan.members[member]?.server === server);
    const open = all.filter(({ state, invocation }) => WITH_SERVER.includes(state) && invocation !== null);
    const hasPending = all.some(({ state }) => state === 'pending');
    const held = open.flatMap(({ state, instance }) => (state === 'invoked' || !instance ? [] : [instance]));
    if (!hasPending && open.length === 0) continue;
    const instances = [...new Set(held)].sort();
    found.set(server, { server, hasPending, unfinished: open.length, instances });
  }
  return found;
}

const byServer = (work: readonly ServerWork[]) => [...work].sort((a, b) => (a.server < b.server ? -1 : 1));

/** Servers at which there is not what there was, by comparing two scans. */
function scannedChanges(before: Run | null, after: Run): readonly ServerWork[] {
  const [was, is] = [before ? scanned(before) : new Map<string, ServerWork>(), scanned(after)];
  const nothing = { hasPending: false, unfinished: 0, instances: [] };
  const all = [...new Set([...was.keys(), ...is.keys()])];
  return all
    .map((server) => [was.get(server), is.get(server) ?? { server, ...nothing }] as const)
    .filter(([old, now]) => JSON.stringify(old) !== JSON.stringify(now))
    .map(([, now]) => now);
}

const linesOf = ({ tasks }: Run): ReadonlySet<string> =>
  new Set([...tasks].flatMap(({ state, reason }) => (state === 'pending' ? (lineOf(reason) ?? []) : [])));

describe('what a run has at a server', () => {
  test('is what is pending, what is under way, and who is at it', () => {
    const run = runWith(attempt('invoked'), attempt('started', 'y'), attempt('queued', 'x'), {});
    expect(RunWork.create(run).changed()).toEqual([
      { server: 'one', hasPending: false, unfinished: 3, instances: ['x', 'y'] },
      { server: 'two', hasPending: true, unfinished: 0, instances: [] },
    ]);
  });

  test('is nothing once its tasks have ended', () => {
    expect(RunWork.create(runWith(done, done, done, done)).changed()).toEqual([]);
  });
});

const envelope = { command: () => ({}), fact: () => ({}) } as unknown as Envelope;

function workingSet(run: Run | null): WorkingSet {
  const runs = new Map(run ? [[run.seed.run, { value: run, version: 1, contentHash: '' }]] : []);
  return new WorkingSet({ ...NOTHING_LOADED, runs }, 0, registryWith(), envelope);
}

/** Freshness is of no interest here. */
const alone = (decision: Decision): Decision => ({ ...decision, read: [], freshness: [] });

test('what batches keep of a run is what looking at all its task runs would find', () => {
  const places = fc.dictionary(fc.constantFrom('server-a', 'server-b', 'server-c'), fc.nat(2));
  const batches = fc.array(fc.record({ inputs: moves(8), places }), { minLength: 1, maxLength: 8 });
  fc.assert(
    fc.property(declarations(), fc.nat(), batches, (declared, at, all) => {
      const registry = registryWith(...declared);
      const tasks = [...registry.tasks.keys()];
      const world = new TestWorld();
      for (const [server, free] of Object.entries(all[0]?.places ?? {})) world.capacities.set(server, free);
      const driver = new RunDriver(seedFor(registry, { task: tasks[at % tasks.length] ?? '' }), world);
      let before: Run | null = null;
      for (const { inputs, places: next } of all) {
        const batch = workingSet(before);
        if (!before) batch.addRun(alone(driver.last), '');
        for (const move of inputs) {
          batch.absorb(alone(driver.send(inputOf(driver.run, move, driver.now))));
          batch.noteWhereItWaits(driver.run);
        }
        const [change] = batch.changes().runs;
        expect(byServer(change?.work ?? [])).toEqual(byServer(scannedChanges(before, driver.run)));
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
