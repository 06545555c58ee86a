import { expect, test } from '@jest/globals';
import { awaitUntil } from '../src/index.js';

test('gives what the condition gave first that is not false, null or undefined', async () => {
  const answers = [undefined, null, false, 0];
  expect(await awaitUntil('there is an answer', () => answers.shift(), { everyMs: 1 })).toBe(0);
});

test('a condition that throws is not met yet', async () => {
  let tries = 0;
  const condition = (): string => {
    tries += 1;
    if (tries < 3) throw new Error('not yet');
    return 'done';
  };
  expect(await awaitUntil('it is done', condition, { everyMs: 1 })).toBe('done');
});

test('when time is up the message says what was waited for and what was seen last', async () => {
  const waiting = awaitUntil('pigs fly', () => Promise.reject(new Error('still walking')), {
    timeoutMs: 20,
    everyMs: 1,
  });
  await expect(waiting).rejects.toThrow(/^Waited 20 ms until pigs fly; last: Error: still walking/);
});
