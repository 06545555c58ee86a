import { expect, test } from '@jest/globals';
import type { OutboundBus, OutboxRow, SendOutcome } from '../../src/coordination/index.js';
import { Publisher } from '../../src/coordination/publisher.js';

const row = { id: '1', messages: [], places: null, createdAt: 0, stamp: 0 } as unknown as OutboxRow;

test('who asks waits for what was in flight then, and not for what came later', async () => {
  const answers: (() => void)[] = [];
  const send = () =>
    new Promise<readonly SendOutcome[]>((resolve) => {
      answers.push(() => resolve([]));
    });
  const publisher = new Publisher({ send } as unknown as OutboundBus, () => undefined);
  await publisher.answered();
  publisher.publish([row]);
  publisher.publish([row]);
  let isAnswered = false;
  const answered = publisher.answered().then(() => {
    isAnswered = true;
  });
  publisher.publish([row]);
  answers[1]?.();
  await new Promise(setImmediate);
  expect(isAnswered).toBe(false);
  answers[0]?.();
  await answered;
  answers[2]?.();
  await publisher.drained();
});
