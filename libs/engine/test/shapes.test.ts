import { setFlagsFromString } from 'node:v8';
import { expect, test } from '@jest/globals';
import type { TaskRun } from '../src/index.js';
import { declarationOf, registryWith, RunDriver, seedFor } from '../src/testing/index.js';

/** Whether V8 sees the same fields at the same places in both. */
function hasSameShape(): (one: object, other: object) => boolean {
  setFlagsFromString('--allow-natives-syntax');
  try {
    return new Function('one', 'other', 'return %HaveSameMap(one, other)') as ReturnType<typeof hasSameShape>;
  } finally {
    setFlagsFromString('--no-allow-natives-syntax');
  }
}
const isSame = hasSameShape();

test('whatever happens to a run, it and its task runs keep their shape, without which each change takes many times as long', () => {
  const registry = registryWith(
    declarationOf('a', ['root', 'left: root', 'right: root', 'end: left right', 'apart: root']),
  );
  const driver = new RunDriver(seedFor(registry, { task: 'a.root' }));
  const begun = { run: driver.run, task: driver.task('a.end') };
  const each: ((name: string) => unknown)[] = [
    (name) => driver.published(name),
    (name) => driver.queued(name),
    (name) => driver.started(name),
    (name) => driver.failed(name, { retryable: false }),
    () => driver.send({ kind: 'retry' }),
    (name) => driver.started(name),
    (name) => driver.completed(name, { from: name }),
  ];
  const changed: TaskRun[] = [];
  for (const name of ['a.root', 'a.left', 'a.right'])
    for (const happens of each) {
      happens(name);
      changed.push(...driver.run.tasks);
      expect(isSame(driver.run, begun.run)).toBe(true);
    }
  driver.send({ kind: 'cancel', reason: 'enough' });
  changed.push(...driver.run.tasks);
  expect(new Set(changed.map(({ state }) => state)).size).toBeGreaterThan(6);
  expect(changed.filter((task) => !isSame(task, begun.task))).toEqual([]);
});
