import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { OutMessage } from '@cordyna/bus';
import type { InvokeCommand } from '@cordyna/protocol/model';
import { topicsOf } from '@cordyna/protocol/wire';
import { newInstance } from '../src/messages/instance.js';
import { ServerMessages } from '../src/messages/server-messages.js';
import type { Attempt } from '../src/messages/server-messages.js';

const identity = newInstance('server-a');
const messages = new ServerMessages(topicsOf('cordyna'), identity);

const text = fc.string({ unit: 'grapheme' });
const attempts = fc
  .record({
    invocation: text,
    run: text,
    task: text,
    lease: text,
    attempt: fc.nat(),
    traceparent: fc.option(text),
  })
  .map(({ traceparent, ...command }): Attempt => ({
    command: command as unknown as InvokeCommand,
    traceparent: traceparent ?? undefined,
  }));

/** What the protocol asks for, in the order in which it has always been written. */
const expected = (type: string, { command, traceparent }: Attempt, more: object, sent: string): string => {
  const { invocation, run, task, attempt, lease } = command;
  const { id, time } = JSON.parse(sent) as { id: string; time: string };
  return JSON.stringify({
    ...{ specversion: '1.0', id, source: identity.source, type, time, subject: task },
    ...(traceparent === undefined ? {} : { traceparent }),
    data: { invocation, run, task, attempt, lease, instance: identity.instance, ...more },
  });
};

test('an update is the JSON text of its event, whatever its texts are made of', () => {
  fc.assert(
    fc.property(attempts, text, fc.dictionary(text, fc.jsonValue()), (attempt, said, output) => {
      const error = { code: 'failed', message: said, retryable: true };
      const position = said.length + 1;
      const updates: [string, OutMessage, object][] = [
        ['queued', messages.queued(attempt, position), { position }],
        ['started', messages.started(attempt), {}],
        ['progress', messages.progress(attempt, 12.5, said), { percent: 12.5, message: said }],
        ['progress', messages.progress(attempt, 0, undefined), { percent: 0 }],
        ['log', messages.log(attempt, 'info', said), { level: 'info', message: said }],
        ['completed', messages.completed(attempt, JSON.stringify(output)), { output }],
        ['error', messages.error(attempt, error), { error }],
      ];
      for (const [kind, { topic, key, value, headers }, more] of updates) {
        expect(value).toBe(expected(`cordyna.task.${kind}.v1`, attempt, more, String(value)));
        expect({ topic, key }).toEqual({ topic: 'cordyna.events', key: attempt.command.run });
        expect(headers).toEqual({ 'content-type': 'application/cloudevents+json; charset=UTF-8' });
      }
      const ids = updates.map(([, { value }]) => (JSON.parse(String(value)) as { id: string }).id);
      expect(new Set(ids).size).toBe(updates.length);
    }),
  );
});

test('an update says when it was made', () => {
  const before = Date.now();
  const [attempt] = fc.sample(attempts, 1);
  const { time } = JSON.parse(String(messages.started(attempt!).value)) as { time: string };
  expect(new Date(time).toISOString()).toBe(time);
  expect(Date.parse(time)).toBeGreaterThanOrEqual(before);
  expect(Date.parse(time)).toBeLessThanOrEqual(Date.now());
});
