import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { httpApp, type HttpApp } from './support/http-app.js';

let http: HttpApp;
beforeAll(async () => {
  http = await httpApp();
});
beforeEach(() => {
  http.definitions.asked.length = 0;
  http.events.told.length = 0;
  http.events.asked.length = 0;
});
afterAll(() => http.close());

const call = async (method: string, path: string, body?: unknown) => {
  const response = await http.send(method, path, body);
  return { status: response.status, body: (await response.json()) as unknown };
};
const activity = { cmd: '', task_type: 'docker', image: 'worker', env: { A: '1' }, cpu_reservation: 0.5 };
const rule = { 'ns:event_set:1': { activity, triggering: 'ns:event:5', attempts: 1 } };

describe('the interface of Cirrus', () => {
  test.each([
    ['event', 'ns:event:1', {}, { payload: {} }],
    ['event_set', 'ns:event_set:1', ['ns:event:1'], { events: ['ns:event:1'], latched: true }],
    ['rule', 'ns:rule:1', rule, { eventSet: 'ns:event_set:1', ...rule['ns:event_set:1'] }],
  ] as const)('defines a %s, whose body is JSON or JSON in a string', async (type, name, payload, body) => {
    for (const sent of [JSON.stringify(payload), JSON.stringify(JSON.stringify(payload))]) {
      const answer = await call('PUT', `/r/${type}/${name}`, sent);
      expect(answer).toEqual({ status: 200, body: { msg: `set ${type}:${name}`, status: 'OK' } });
    }
    const change = { kind: type.replace('_', '-'), name, action: 'put', body, path: '' };
    expect(http.definitions.asked.map((one) => one.change)).toEqual([change, change]);
  });

  test('what is wrong is said with its place in what was sent', async () => {
    const bad = { set: { activity: { cmd: '', task_type: 'other' }, attempts: 0 } };
    expect(await call('PUT', '/r/rule/r', bad)).toMatchObject({
      status: 422,
      body: { status: 'FAIL', errors: [{ path: '/set/activity/task_type' }, { path: '/set/attempts' }] },
    });
    expect(await call('PUT', '/r/event_set/s', '["a", 1]')).toMatchObject({
      status: 422,
      body: { status: 'FAIL', errors: [{ path: '/1' }] },
    });
    for (const two of [{}, { a: {}, b: {} }, 7, { a: 1 }, { a: { activity: {}, more: 1 } }])
      expect(await call('PUT', '/r/rule/r', JSON.stringify(two))).toMatchObject({ status: 422 });
    expect(await call('PUT', '/r/event/e', '"{"')).toMatchObject({ status: 400, body: { status: 'FAIL' } });
    expect(await call('PUT', '/r/event/a%20b', '{}')).toMatchObject({ status: 400 });
    expect(await call('PUT', '/r/other/e', '{}')).toMatchObject({ status: 404 });
    expect(http.definitions.asked).toEqual([]);
  });

  test('what is not there is not found', async () => {
    const missing = { status: 404, body: { msg: 'event:none not found', status: 'FAIL' } };
    expect(await call('GET', '/r/event/none')).toEqual(missing);
    expect(await call('GET', '/r/event/known')).toMatchObject({
      status: 200,
      body: { event: 'known', status: 'OK' },
    });
    expect(await call('DELETE', '/r/event/known')).toMatchObject({ body: { msg: 'event:known deleted' } });
  });

  test('a trigger tells of an event, forced or not', async () => {
    const sent = { action: 'trigger', force: 'true' };
    expect(await call('POST', '/r/event/fires', sent)).toEqual({
      status: 200,
      body: { msgs: [{ msg: "rule 'known' trigged by 'fires'", zmq_push_status: 'OK' }], status: 'OK' },
    });
    expect(await call('POST', '/r/event/other', { action: 'trigger' })).toEqual({
      status: 200,
      body: { msgs: [{ msg: 'no rule is triggered' }], status: 'OK' },
    });
    expect(http.events.told).toMatchObject([
      { source: '/cirrus', type: 'fires', force: true, note: sent },
      { type: 'other', force: false },
    ]);
  });

  test('states of rules are written down, and another action is wrong', async () => {
    const wrong = { status: 200, body: { msgs: [{ msg: 'wrong action' }], status: 'FAIL' } };
    expect(await call('POST', '/r/rule/ns:r', { action: 'start' })).toMatchObject({ body: { status: 'OK' } });
    for (const [path, action] of [
      ['rule/r', 'trigger'],
      ['event/e', 'start'],
      ['event_set/s', 'trigger'],
    ] as const)
      expect(await call('POST', `/r/${path}`, { action })).toEqual(wrong);
    expect(await call('POST', '/r/event/e', {})).toEqual(wrong);
    expect(await call('POST', '/r/event/e', { action: 'trigger', force: 'maybe' })).toMatchObject({
      status: 422,
    });
    expect(http.events.asked).toEqual([['ns:r', 'start']]);
  });

  test('the logs are read and emptied', async () => {
    const entry = { event: 'ns:one', payload: { action: 'trigger' }, ts: 1.5 };
    expect(await call('GET', '/q/queue:event')).toEqual({ status: 200, body: [entry] });
    expect(await call('GET', '/q/queue:rule_state')).toMatchObject({ body: [{ rule: 'ns:one' }] });
    expect(await call('DELETE', '/q/queue:event')).toMatchObject({ status: 200, body: { status: 'OK' } });
    expect(await call('GET', '/q/event')).toMatchObject({ body: [{ event: 'known' }] });
    expect(await call('GET', '/q/other')).toMatchObject({ status: 404, body: { status: 'FAIL' } });
    expect(http.events.asked).toEqual([['clear', 'event']]);
  });
});

describe('events over the API', () => {
  test('a CloudEvent is told; what is left out is filled in', async () => {
    const answer = await call('POST', '/api/v1/signals', { type: 'fires', data: { a: 1 } });
    expect(answer).toMatchObject({
      status: 202,
      body: { source: '/http', outcome: 'triggered', rules: ['known'] },
    });
    const whole = {
      specversion: '1.0',
      type: 'x',
      source: '/s',
      id: '1',
      time: '2026-11-21T10:00:00Z',
      subject: 'y',
    };
    await call('POST', '/api/v1/signals', whole);
    expect(http.events.told[1]).toEqual({
      ...{ type: 'x', source: '/s', id: '1', subject: 'y', at: Date.parse(whole.time), data: {} },
    });
  });

  test.each([
    [{}, '/type'],
    [{ type: 1 }, '/type'],
    [{ type: 'x', source: 'a b' }, '/source'],
    [{ type: 'x', time: 'now' }, '/time'],
    [{ type: 'x', data: [] }, '/data'],
    [[], ''],
  ])('%j is refused with its place', async (body, path) => {
    const answer = await call('POST', '/api/v1/signals', JSON.stringify(body));
    expect(answer).toMatchObject({ status: 422, body: { errors: [{ path }] } });
  });

  test('a fuse is reset, of a rule that there is', async () => {
    expect(await call('POST', '/api/v1/rules/known/fuse/reset', { author: 'ann' })).toMatchObject({
      status: 200,
    });
    expect(await call('POST', '/api/v1/rules/other/fuse/reset')).toMatchObject({ status: 404 });
    expect(http.events.asked).toEqual([['reset', { author: 'ann', reason: null }]]);
  });
});
