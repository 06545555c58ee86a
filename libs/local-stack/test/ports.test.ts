import { expect, test } from '@jest/globals';
import { freePort } from '../src/index.js';

test('a port is not given out again while whoever has it does not listen yet', async () => {
  const ports = await Promise.all(Array.from({ length: 32 }, () => freePort()));
  expect(new Set(ports).size).toBe(32);
});
