import { beforeAll, describe, expect, jest, test } from '@jest/globals';
import { awaitUntil, installation, outside, scriptedServer } from '@cordyna/testkit';
import type { Installation, ScriptedServer } from '@cordyna/testkit';

jest.setTimeout(60_000);

type Entry = { readonly event?: string; readonly rule?: string; readonly payload: Record<string, unknown> };

/** The example of Cirrus, as its client scripts send it: github.com/cschin/cirrus, src/tests/test_coordinator.py. */
const events = [1, 2, 3, 4, 5].map((n) => `ns:event:${n}`);
const eventSets: Record<string, readonly string[]> = {
  ...Object.fromEntries(events.map((event) => [event, [event]])),
  'ns:event_set:1': ['ns:event:1', 'ns:event:4'],
};
const rulesWith = (activity: object) =>
  Object.fromEntries(
    [
      ['ns:event:1', 'ns:event:2'],
      ['ns:event:2', 'ns:event:3'],
      ['ns:event:3', 'ns:event:4'],
      ['ns:event_set:1', 'ns:event:5'],
    ].map(([set = '', triggering], at) => [
      `ns:rule:${at + 1}`,
      { [set]: { activity, triggering, attempts: 1 } },
    ]),
  );

describe('events and rules of a whole installation, with two coordinators', () => {
  let cordyna: Installation;
  let shop: ScriptedServer;

  beforeAll(async () => {
    cordyna = await installation({ coordinators: 2 });
    shop = await scriptedServer(cordyna.brokers, cordyna.prefix, {
      server: 'shop',
      tasks: [{ name: 'ship' }],
    });
    await awaitUntil('it is declared', async () => (await cordyna.api.servers()).length === 1);
  }, 120_000);

  const call = (method: string, path: string, body?: unknown, at = 0) =>
    (cordyna.cerebros[at] ?? cordyna).api.request(method, path, { body });
  /** `requests.put(url, json=json.dumps(payload))`: JSON in a JSON string. */
  const put = (type: string, name: string, payload: unknown) =>
    call('PUT', `/r/${type}/${name}`, JSON.stringify(payload));
  const queue = async (name: string, at = 1): Promise<readonly Entry[]> =>
    (await call('GET', `/q/queue:${name}`, undefined, at)).body as readonly Entry[];
  const happened = async () => (await queue('event')).map(({ event }) => event);
  const fired = async () =>
    (await queue('rule_state'))
      .filter(({ payload }) => payload['state'] === 'triggered')
      .map(({ rule }) => rule);
  async function defineAll(activity: object): Promise<void> {
    for (const event of events)
      expect((await put('event', event, {})).body).toEqual({ msg: `set event:${event}`, status: 'OK' });
    for (const [name, set] of Object.entries(eventSets))
      expect((await put('event_set', name, set)).status).toBe(200);
    for (const [name, rule] of Object.entries(rulesWith(activity)))
      expect((await put('rule', name, rule)).body).toEqual({ msg: `set rule:${name}`, status: 'OK' });
  }

  test('the example of Cirrus goes from event 1 to event 5, each rule fired once', async () => {
    await defineAll({ cmd: '__auto_trigger__' });
    expect((await call('GET', '/r/event/ns:event:1', undefined, 1)).body).toMatchObject({
      ...{ event: 'ns:event:1', payload: {}, ts: expect.any(Number), status: 'OK' },
    });
    expect(await call('GET', '/r/event/none')).toMatchObject({ status: 404, body: { status: 'FAIL' } });
    expect((await call('GET', '/q/rule')).body).toMatchObject(
      Object.entries(rulesWith({ cmd: '__auto_trigger__' })).map(([rule, payload]) => ({ rule, payload })),
    );
    expect((await call('GET', '/q/event_set')).body).toHaveLength(6);
    await call('DELETE', '/q/queue:event');
    const first = await call('POST', '/r/event/ns:event:1', { action: 'trigger' });
    expect(first.body).toEqual({
      msgs: [{ msg: "rule 'ns:rule:1' trigged by 'ns:event:1'", zmq_push_status: 'OK' }],
      status: 'OK',
    });
    await awaitUntil('event 5 happened', async () => (await happened()).includes('ns:event:5'));
    expect(await happened()).toEqual(events);
    expect(await fired()).toEqual(['ns:rule:1', 'ns:rule:2', 'ns:rule:3', 'ns:rule:4']);
    // Event 1 waited for event 4, which made the rule fire with both.
    const { items } = (await call('GET', '/api/v1/rules/ns:rule:4/firings')).body as {
      items: readonly { firing: string; events: readonly { signal: string; type: string }[] }[];
    };
    expect(items[0]?.events.map(({ type }) => type)).toEqual(['ns:event:1', 'ns:event:4']);
    const ofFirst = (await call('GET', `/api/v1/signals/${items[0]?.events[0]?.signal}`, undefined, 1)).body;
    const { rules } = ofFirst as { rules: readonly object[] };
    expect(rules).toContainEqual(
      expect.objectContaining({ rule: 'ns:rule:4', outcome: 'triggered', firing: items[0]?.firing }),
    );
    const again = await call('POST', '/r/event/ns:event:1', { action: 'trigger' }, 1);
    expect(again.body).toEqual({ msgs: [{ msg: 'no rule is triggered' }], status: 'OK' });
    const forced = await call('POST', '/r/event/ns:event:3', { action: 'trigger', force: 'true' }, 1);
    expect(forced.body).toMatchObject({ msgs: [{ msg: "rule 'ns:rule:3' trigged by 'ns:event:3'" }] });
    await awaitUntil('it went on to event 5', async () => (await happened()).length === 9);
    expect((await happened()).slice(6)).toEqual(['ns:event:3', 'ns:event:4', 'ns:event:5']);
    expect((await fired()).slice(4)).toEqual(['ns:rule:3', 'ns:rule:4']);
  });

  test('without a runner its example with containers ends in an error that says so', async () => {
    await call('DELETE', '/q/queue:event');
    await call('DELETE', '/q/queue:rule_state');
    await defineAll({ cmd: '', task_type: 'docker', image: 'worker' });
    await call('POST', '/r/event/ns:event:1', { action: 'trigger', force: 'true' });
    const failed = await awaitUntil('it failed', async () =>
      (await queue('rule_state')).find(({ payload }) => payload['state'] === 'fail'),
    );
    expect(failed).toMatchObject({ rule: 'ns:rule:1', payload: { error: { code: 'no_runner' } } });
    const { items } = (await call('GET', '/api/v1/signals?type=ns:event:1&limit=1')).body as {
      items: readonly object[];
    };
    expect(items).toMatchObject([
      {
        outcome: 'triggered',
        rules: [
          { rule: 'ns:rule:1', state: 'error', error: { code: 'no_runner' } },
          { rule: 'ns:rule:4', outcome: 'waiting', reason: 'waits for ns:event:4' },
        ],
      },
    ]);
  });

  test('an event on the bus makes a rule run a task, and its success is the next event', async () => {
    await call('POST', '/api/v1/event-sets', { name: 'shipped', events: ['order.shipped'] });
    await call('POST', '/api/v1/event-sets', {
      ...{ name: 'ready', events: ['order.paid', 'order.packed'], correlate: '/order' },
    });
    const made = await call('POST', '/api/v1/rules', {
      ...{ name: 'ship', eventSet: 'ready', triggering: 'shipped', author: 'ann' },
      activity: { task: 'shop.ship', eventsAs: 'events' },
    });
    expect(made).toMatchObject({ status: 201, body: { version: 1, warnings: [] } });
    // What Cirrus has no form for is not there for its clients.
    expect(await call('GET', '/r/event_set/ready')).toMatchObject({ status: 404 });
    expect(await call('GET', '/r/rule/ship')).toMatchObject({ status: 404 });
    expect((await call('GET', '/q/rule')).body).not.toContainEqual(expect.objectContaining({ rule: 'ship' }));
    const { brokers, prefix } = cordyna;
    const bus = await outside(brokers, prefix);
    const paid = bus.event('order.paid', { order: 7 }, { id: 'paid-1', source: '/till' });
    await bus.write('signals', [paid, paid]);
    const ledger = async (id: string) =>
      (await call('GET', `/api/v1/signals/${id}`, undefined, 1)).body as Ledger;
    await awaitUntil('it waits', async () => (await ledger('paid-1')).outcome === 'waiting');
    await call('POST', '/api/v1/signals', { type: 'order.packed', id: 'packed-2', data: { order: 8 } });
    await call('POST', '/api/v1/signals', { type: 'order.packed', id: 'packed-1', data: { order: 7 } }, 1);
    const run = await awaitUntil(
      'it runs',
      async () => (await ledger('packed-1')).rules[0]?.run ?? undefined,
    );
    const invoke = await shop.untilInvoked(run, 'shop.ship');
    expect(invoke.args['events']).toMatchObject([{ id: 'paid-1' }, { id: 'packed-1', data: { order: 7 } }]);
    await shop.say(invoke, 'completed', { output: {} });
    expect((await cordyna.api.untilFinished(run)).trigger).toMatchObject({ kind: 'rule', rule: 'ship' });
    const next = await awaitUntil('it is told', async () => {
      const { body } = await call('GET', '/api/v1/signals?type=order.shipped');
      return (body as { items: readonly Ledger[] }).items[0];
    });
    await awaitUntil('it is matched', async () => (await ledger(next.signal)).outcome === 'no_rule');
    expect(await ledger('paid-1')).toMatchObject({ outcome: 'triggered', rules: [{ run, state: 'done' }] });
    expect((await ledger('packed-2')).outcome).toBe('waiting');
  });
});

interface Ledger {
  readonly signal: string;
  readonly outcome: string;
  readonly rules: readonly { readonly run: string | null }[];
}
