import { expect, test } from '@jest/globals';
import { OutboxVacuum } from '../../src/timers/index.js';

function counting() {
  const seen = { vacuums: 0 };
  const store = {
    vacuumOutbox: () => {
      seen.vacuums += 1;
      return Promise.resolve();
    },
  };
  return { seen, vacuum: new OutboxVacuum(store) };
}

const deleting = (rows: number) => ({ published: Array.from({ length: rows }, (_, n) => String(n)) });

test('the outbox is left alone while few rows have come and gone', async () => {
  const { seen, vacuum } = counting();
  vacuum.committed(deleting(99));
  await vacuum.tick();
  expect(seen.vacuums).toBe(0);
  vacuum.committed(deleting(1));
  await vacuum.tick();
  expect(seen.vacuums).toBe(1);
});

test('each row is worth one time', async () => {
  const { seen, vacuum } = counting();
  vacuum.committed(deleting(1_000));
  await vacuum.tick();
  await vacuum.tick();
  expect(seen.vacuums).toBe(1);
});
