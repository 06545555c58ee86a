import { expect, test } from '@jest/globals';
import { awaitUntil, testDatabase } from '@cordyna/testkit';
import { encodeStructured, topicsOf } from '@cordyna/protocol/wire';
import { openDoor } from '../../apps/cerebro/test/support/open-door.js';
import { InboundDecoder } from '../../apps/cerebro/src/messaging/inbound-decoder.js';

const TRACE = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
const topics = topicsOf('t');

function requested(task: string, traceparent?: string) {
  const event = { specversion: '1.0', id: task, source: '/test', type: 'cordyna.run.requested.v1' } as const;
  const trace = traceparent === undefined ? {} : { traceparent };
  const { value } = encodeStructured({ ...event, ...trace, data: { task } });
  const at = { topic: topics.invocations, partition: 0, offset: 0n, timestampMs: Date.now() };
  return new InboundDecoder(topics).decode({ ...at, key: null, headers: {}, value });
}

test('commands and facts carry the trace context of the request, also where another coordinator goes on', async () => {
  const { url } = await testDatabase();
  const one = await openDoor(url, 'one');
  const two = await openDoor(url, 'two');
  try {
    await one.declare({
      server: 's',
      tasks: [{ name: 'a' }, { name: 'b', dependsOn: ['a'] }, { name: 'c' }],
    });
    const outcome = await one.submit(requested('s.a', TRACE));
    const run = outcome.kind === 'run' ? outcome.run : '';
    const invoke = await awaitUntil('s.a is invoked', async () => one.invokeOf(run, 's.a'));
    await two.report(invoke, { report: 'completed', output: {} });
    await awaitUntil('s.b is invoked', async () => two.invokeOf(run, 's.b'));
    await two.submit({
      kind: 'run-input',
      run,
      source: '/http',
      input: { kind: 'cancel', reason: 'enough' },
    });
    const types = await awaitUntil('the run has ended', async () => {
      const sent = [...one.bus.sent, ...two.bus.sent].filter((message) => message.run === run);
      const events = sent.map(
        ({ value }) => JSON.parse(String(value)) as { type: string; traceparent: string },
      );
      return events.some(({ type }) => type === 'cordyna.run.finished.v1') && events;
    });
    expect(types.map(({ type }) => type)).toEqual(
      expect.arrayContaining(['cordyna.task.invoke.v1', 'cordyna.task.cancel.v1', 'cordyna.run.created.v1']),
    );
    expect(new Set(types.map(({ traceparent }) => traceparent))).toEqual(new Set([TRACE]));

    const untraced = await one.submit(requested('s.c'));
    const other = untraced.kind === 'run' ? untraced.run : '';
    const bare = await awaitUntil('s.c is invoked', async () => one.invokeOf(other, 's.c'));
    expect(String(bare.value)).not.toContain('traceparent');
  } finally {
    await Promise.all([one.close(), two.close()]);
  }
});
