import { expect, test } from '@jest/globals';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { Ending } from '../src/consumer/ending.js';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

const turn = (): Promise<void> =>
  new Promise((resolve) => {
    setImmediate(resolve);
  });

async function broughtBy(end: Ending): Promise<WeakRef<object>> {
  const answer = { bytes: Buffer.alloc(1_000) };
  expect(await end.orResult(Promise.resolve(answer))).toBe(answer);
  return new WeakRef(answer);
}

test('what was brought is not kept until the end, which may never come', async () => {
  const end = new Ending();
  const brought: WeakRef<object>[] = [];
  for (let at = 0; at < 20; at++) brought.push(await broughtBy(end));
  await turn();
  collect();
  expect(brought.slice(0, -1).filter((one) => one.deref() !== undefined)).toEqual([]);
  end.come();
  expect(await end.orResult(new Promise(() => undefined))).toBe('ended');
});

test('the end comes to all that wait, and a failure to who asked for it', async () => {
  const end = new Ending();
  const never = [1, 2].map(() => end.orResult(new Promise(() => undefined)));
  await expect(end.orResult(Promise.reject(new Error('refused')))).rejects.toThrow('refused');
  end.come();
  expect(await Promise.all(never)).toEqual(['ended', 'ended']);
});
