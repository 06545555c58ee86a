import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { declarations, registryWith, seedFor } from '@cordyna/engine/testing';
import type { JsonObject } from '@cordyna/protocol/model';
import { seedOf, seedText } from '../../src/persistence/sql/seeds.js';

test('a seed that was stored is the seed that it was', () => {
  fc.assert(
    fc.property(declarations(), fc.nat(), (declared, at) => {
      const registry = registryWith(...declared);
      const tasks = [...registry.tasks.keys()];
      const seed = seedFor(registry, { task: tasks[at % tasks.length] ?? '', run: 'r' });
      expect(seedOf(seedText(seed))).toEqual(JSON.parse(JSON.stringify(seed)));
    }),
  );
});

test('what one member has by itself is given to no other one', () => {
  const tasks = [
    { name: 'one', limits: [{ max: 1 }] },
    { name: 'two', dependsOn: ['one'] },
    { name: 'three', dependsOn: ['two'] },
  ];
  const seed = seedFor(registryWith({ server: 'a', tasks }), { task: 'a.one', run: 'r' });
  const { members } = seedOf(seedText(seed)).plan;

  expect(members.map(({ limits }) => limits)).toEqual([[{ max: 1 }], undefined, undefined]);
});

test('a seed from before plans were packed is read as it is', () => {
  const registry = registryWith({
    server: 'a',
    tasks: [{ name: 'one' }, { name: 'two', dependsOn: ['one'] }],
  });
  const seed = JSON.parse(JSON.stringify(seedFor(registry, { task: 'a.one', run: 'r' }))) as JsonObject;
  expect(seedOf(JSON.stringify(seed))).toEqual(seed);
});

test('a wide plan is stored in a small part of its size', () => {
  const leaves = Array.from({ length: 500 }, (_, n) => ({ name: `leaf-${n}`, dependsOn: ['one'] }));
  const seed = seedFor(registryWith({ server: 'a', tasks: [{ name: 'one' }, ...leaves] }), {
    task: 'a.one',
    run: 'r',
  });
  expect(seedText(seed).length).toBeLessThan(JSON.stringify(seed).length / 8);
});
