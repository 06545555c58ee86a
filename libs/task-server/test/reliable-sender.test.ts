import { describe, expect, test } from '@jest/globals';
import { BusError } from '@cordyna/bus';
import type { BusErrorCode, BusPublisher, OutMessage, PublishResult } from '@cordyna/bus';
import { ReliableSender } from '../src/messages/reliable-sender.js';
import type { SenderLimits } from '../src/messages/reliable-sender.js';

const LIMITS = { backlogBytes: 2_000, droppableEntries: 2, retryMs: 1, maxRetryMs: 2, waitsForRights: true };
const message = (text: string): OutMessage => ({ topic: 't', key: 'k', value: text });
const fault = (code: BusErrorCode, retriable: boolean, outcome: 'refused' | 'unknown'): PublishResult => {
  const error = new BusError(code, `it is ${code}`, { retriable, outcome });
  return { ok: false, error, outcome };
};

/** The publisher's port with an answer per call; without one all is acknowledged. */
type Answer = (text: string) => PublishResult | undefined;
const scripted = (...answers: Answer[]) => scriptedWith(LIMITS, answers);
function scriptedWith(limits: SenderLimits, answers: Answer[]) {
  const calls: string[][] = [];
  const publisher: BusPublisher = {
    send: async (messages) => {
      const answer = answers[calls.length];
      const texts = messages.map(({ value }) => String(value));
      calls.push(texts);
      await new Promise(setImmediate);
      return texts.map((text) => answer?.(text) ?? { ok: true, partition: 0, offset: 0n });
    },
    close: () => Promise.resolve(),
  };
  return { calls, sender: new ReliableSender(publisher, () => undefined, limits) };
}

describe('ReliableSender', () => {
  test('sends what is queued in one turn together, and what comes meanwhile in the next call', async () => {
    const { sender, calls } = scripted();
    const sent = [sender.send(message('a')), sender.send(message('b'))];
    await sent[0];
    await sender.send(message('c'));

    expect(calls).toEqual([['a', 'b'], ['c']]);
  });

  test('sends again what failed, before anything younger, and keeps the order', async () => {
    const away = fault('connection_failed', true, 'unknown');
    const { sender, calls } = scripted((text) => (text === 'b' || text === 'c' ? away : undefined));
    const sent = ['a', 'b', 'c'].map((text) => sender.send(message(text)));
    await sent[0];
    sent.push(sender.send(message('d')));
    await Promise.all(sent);

    expect(calls).toEqual([
      ['a', 'b', 'c'],
      ['b', 'c', 'd'],
    ]);
  });

  test('waits for rights that are missing, and gives up on what can never be taken', async () => {
    const { sender, calls } = scripted(
      () => fault('not_authorized', false, 'refused'),
      () => fault('too_large', false, 'refused'),
    );

    await expect(sender.send(message('a'))).rejects.toMatchObject({ code: 'send_refused', retriable: false });
    expect(calls).toHaveLength(2);
    await sender.send(message('b'));
  });

  test('refuses at once what is not allowed, where nobody waits for the right', async () => {
    const { sender } = scriptedWith({ ...LIMITS, waitsForRights: false }, [
      () => fault('not_authorized', false, 'refused'),
    ]);

    await expect(sender.send(message('a'))).rejects.toThrow(
      /the broker refuses the message: it is not_authorized/,
    );
  });

  test('tells whoever posted of a refusal, and of nothing else', async () => {
    const refused: string[] = [];
    const { sender, calls } = scripted((text) =>
      text === 'b' ? fault('too_large', false, 'refused') : undefined,
    );
    for (const text of ['a', 'b']) sender.post(message(text), ({ code }) => refused.push(`${text} ${code}`));
    await sender.send(message('c'));
    sender.close();
    sender.post(message('d'), ({ code }) => refused.push(`d ${code}`));

    expect(calls).toEqual([['a', 'b', 'c']]);
    expect(refused).toEqual(['b send_refused', 'd invalid_state']);
  });

  test('drops best-effort messages when too many wait, and counts them', async () => {
    const { sender, calls } = scripted();
    for (const text of ['1', '2', '3']) sender.sendDroppable(message(text));
    await sender.send(message('a'));

    expect(calls).toEqual([['1', '2', 'a']]);
    expect(sender.takeDropped()).toBe(1);
    expect(sender.takeDropped()).toBe(0);
    sender.sendDroppable(message('4'));
    expect(await sender.flush(1_000)).toBe(true);
    expect(calls.at(-1)).toEqual(['4']);
  });

  test('is congested while more waits than its limit', async () => {
    const { sender } = scripted();
    const sent = sender.send(message('x'.repeat(3_000)));

    expect(sender.isCongested).toBe(true);
    await sent;
    expect(sender.isCongested).toBe(false);
  });

  test('flush says false when the broker stays away, and close gives up what waits', async () => {
    const away = (): PublishResult => fault('timed_out', true, 'unknown');
    const { sender } = scripted(...Array.from({ length: 10_000 }, () => away));
    const sent = sender.send(message('a'));
    const outcome = expect(sent).rejects.toMatchObject({ code: 'invalid_state' });

    expect(await sender.flush(30)).toBe(false);
    sender.close();
    await outcome;
    await expect(sender.send(message('b'))).rejects.toMatchObject({ code: 'invalid_state' });
  });
});
