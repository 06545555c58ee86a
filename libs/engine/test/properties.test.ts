import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { JsonObject } from '@cordyna/protocol/model';
import { declare, freshnessNeeds, registryOf, replay, withdraw } from '@cordyna/engine';
import type { Decision, Run } from '@cordyna/engine';
import {
  RunDriver,
  TestWorld,
  declarations,
  inputOf,
  lenientTools,
  moves,
  registryWith,
  seedFor,
  restore,
} from '@cordyna/engine/testing';
import type { Move, BareTaskRun } from '@cordyna/engine/testing';

const BOOKKEEPING = new Set(['published', 'capacity', 'retry-due', 'withdrawn']);
const FINAL = new Set(['completed', 'error', 'blocked', 'skipped', 'cancelled']);

/** A run of the first task or of a job of all, over a world with little capacity and some completions elsewhere. */
const situations = fc.record({
  servers: declarations(),
  target: fc.nat(11),
  asJob: fc.boolean(),
  capacity: fc.constantFrom(0, 1, 3, Infinity),
  portion: fc.constantFrom(1, 2, Infinity, Infinity),
  completedElsewhere: fc.array(fc.nat(11), { maxLength: 6 }),
  moves: moves(),
});
type Situation = typeof situations extends fc.Arbitrary<infer S> ? S : never;

function begin({ servers, target, asJob, capacity, portion, completedElsewhere }: Situation): RunDriver {
  const names = servers.flatMap(({ server, tasks }) => tasks.map((task) => `${server}.${task.name}`));
  const job = { name: 'all', tasks: names.map((task) => ({ task })) };
  const registry = registryWith(...servers, { server: 'server-j', tasks: [], jobs: [job] });
  const world = new TestWorld();
  world.capacities.set('server-a', capacity);
  world.portion = portion;
  for (const at of completedElsewhere) {
    const output: JsonObject = at % 2 === 0 ? { items: [1, 2] } : { other: at };
    world.complete(names[at % names.length] as string, `elsewhere-${at}`, output);
  }
  const task = names[target % names.length] as string;
  const seed = seedFor(registry, asJob ? { job: 'server-j.all' } : { task });
  world.loaded = new Set(freshnessNeeds(seed, 'create'));
  return new RunDriver(seed, world);
}

/** Walks on, with exactly the aggregates loaded that `freshnessNeeds` names; `seen` looks at each decision. */
function walk(
  driver: RunDriver,
  steps: readonly Move[],
  seen: (before: Run, decision: Decision, kind: string) => void = () => {},
): RunDriver {
  for (const move of steps) {
    driver.now += move.flavour * 997;
    if (move.kind === 17) driver.world.capacities.set('server-a', move.flavour);
    if (move.kind === 18 && move.flavour === 4)
      for (const { task, server } of driver.seed.plan.members)
        if (server === 'server-b') driver.world.undeclared.add(task);
    const before = driver.run;
    const input = inputOf(before, move, driver.now);
    driver.world.loaded = new Set(freshnessNeeds(before, input));
    seen(before, driver.send(input), input.kind);
  }
  return driver;
}

const stored = (run: Run): BareTaskRun[] =>
  [...run.tasks].map(({ upstreamOpen: _up, elementsOpen: _elements, ...task }) => task);

const check = (property: (situation: Situation) => void, numRuns = 300): void =>
  fc.assert(fc.property(situations, property), { numRuns });

describe('whatever happens to a run', () => {
  test('an input is applied, or leaves the run as it was with exactly one row that says why', () => {
    check((situation) => {
      walk(begin(situation), situation.moves, (before, decision, kind) => {
        if (decision.refused === null) {
          expect(decision.rows.length).toBeGreaterThan(0);
          expect(decision.rows.every((row) => row.applied)).toBe(true);
          return;
        }
        const silent = BOOKKEEPING.has(kind);
        expect(decision.rows.map((row) => [row.applied, row.reason])).toEqual(
          silent ? [] : [[false, decision.refused]],
        );
        expect(decision.run).toEqual({ ...before, nextSeq: before.nextSeq + (silent ? 0 : 1) });
        expect([decision.touched, decision.commands, decision.facts, decision.freshness]).toEqual([
          [],
          [],
          [],
          [],
        ]);
      });
    });
  });

  test('folding its history, also after a way through JSON, gives its state', () => {
    check((situation) => {
      const { seed, rows, run } = walk(begin(situation), situation.moves);
      expect(replay(seed, rows)).toEqual(run);
      expect(replay(seed, JSON.parse(JSON.stringify(rows)))).toEqual(run);
    });
  });

  test('what is derived can be computed from what is stored', () => {
    check((situation) => {
      const { seed, run } = walk(begin(situation), situation.moves);
      expect(restore(seed, run, stored(run))).toEqual(run);
    });
  });

  test('the task runs that changed are exactly those that are named as touched', () => {
    check((situation) => {
      walk(begin(situation), situation.moves, (before, { run, touched }) => {
        const was = new Map(stored(before).map((task) => [task.index, task]));
        const changed = stored(run).filter(
          (task) => JSON.stringify(was.get(task.index)) !== JSON.stringify(task),
        );
        for (const task of changed) expect(touched).toContain(task.index);
        expect(touched).toEqual([...new Set(touched)].sort((a, b) => a - b));
      });
    });
  });

  test('history is dense, and every fact points at its row', () => {
    check((situation) => {
      const driver = walk(begin(situation), situation.moves, (_before, { rows, facts }) => {
        for (const fact of facts) expect(rows.find(({ seq }) => seq === fact.seq)?.type).toBe(fact.type);
      });
      expect(driver.rows.map(({ seq }) => seq)).toEqual(driver.rows.map((_, at) => at + 1));
      expect(driver.run.nextSeq).toBe(driver.rows.length + 1);
    });
  });

  test('a final state of a task run stays, unless the run is retried', () => {
    check((situation) => {
      walk(begin(situation), situation.moves, (before, { run }, kind) => {
        if (kind === 'retry') return;
        for (const task of before.tasks)
          if (FINAL.has(task.state))
            expect({ ...run.tasks.at(task.index), upstreamOpen: task.upstreamOpen }).toEqual(task);
      });
    });
  });

  test('each attempt is invoked once, and each that ended is ended once', () => {
    check((situation) => {
      const { commands, run } = walk(begin(situation), situation.moves);
      const invoked = commands.flatMap((command) =>
        command.kind === 'invoke' ? [command.data.invocation] : [],
      );
      const ended = commands.flatMap((command) =>
        command.kind === 'attempt-ended' ? [command.invocation] : [],
      );
      expect(new Set(invoked).size).toBe(invoked.length);
      const going = [...run.tasks].filter(({ state }) => ['invoked', 'queued', 'started'].includes(state));
      const present = going.flatMap(({ invocation }) => (invocation === null ? [] : [invocation]));
      expect([...ended, ...present].sort()).toEqual([...invoked].sort());
    });
  });

  test('a run is finished exactly when nothing in it is open', () => {
    check((situation) => {
      walk(begin(situation), situation.moves, (_before, { run }) => {
        const open = [...run.tasks].filter(({ state }) => !FINAL.has(state)).length;
        expect(run.open).toBe(open);
        expect(run.state === 'running').toBe(open > 0);
        expect(run.finishedAt === null).toBe(open > 0);
      });
    });
  });

  test('the same input again changes nothing', () => {
    check((situation) => {
      const driver = begin(situation);
      for (const move of situation.moves) {
        const input = inputOf(driver.run, move, driver.now);
        driver.world.loaded = null;
        driver.send(input);
        if (input.kind !== 'update' && input.kind !== 'published') continue;
        const before = driver.run;
        expect(driver.send(input).refused).not.toBeNull();
        expect(driver.run).toEqual({ ...before, nextSeq: driver.run.nextSeq });
      }
    });
  });

  test('a decision reads no freshness but what was said to be needed', () => {
    check((situation) => {
      const driver = begin(situation);
      expect([...(driver.world.loaded ?? [])]).toEqual(expect.arrayContaining([...driver.last.read]));
      driver.world.asked.clear();
      walk(driver, situation.moves, (_before, { read }) => {
        expect([...(driver.world.loaded ?? [])]).toEqual(expect.arrayContaining([...read]));
        expect([...read]).toEqual(expect.arrayContaining([...driver.world.asked]));
        driver.world.asked.clear();
      });
    });
  });
});

describe('declarations', () => {
  test('give the same registry in every order of arrival', () => {
    fc.assert(
      fc.property(
        declarations(),
        fc.constantFrom([0, 1, 2], [2, 1, 0], [1, 0, 2], [1, 2, 0]),
        (servers, order) => {
          const one = registryWith(...servers);
          const other = registryWith(...order.map((at) => servers[at] as (typeof servers)[number]));
          expect(other).toEqual(one);
          expect([...other.tasks.keys()]).toEqual([...one.tasks.keys()]);
          expect(registryOf(one.servers.values())).toEqual(one);
        },
      ),
    );
  });

  test('that take the place of others, and withdrawals, give the registry of what is in force', () => {
    fc.assert(
      fc.property(declarations(), declarations(), fc.nat(2), (first, second, at) => {
        let registry = registryWith(...first);
        for (const declaration of second) {
          const result = declare(registry, declaration, lenientTools);
          if (result.ok) registry = result.registry;
          expect(registry).toEqual(registryOf(registry.servers.values()));
        }
        registry = withdraw(registry, first[at]?.server ?? '').registry;
        expect(registry).toEqual(registryOf(registry.servers.values()));
      }),
    );
  });
});
