import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { StoreUnavailable } from '../../src/coordination/index.js';
import { httpApp, type HttpApp } from './support/http-app.js';
import { NO_RUN, RUN } from './support/memory.js';

let http: HttpApp;
beforeAll(async () => {
  http = await httpApp();
});
afterAll(() => http.close());

const json = async (path: string) => (await http.get(path)).json();

describe('runs', () => {
  test('a list has items and next, 50 by default', async () => {
    expect(await json('/api/v1/runs')).toMatchObject({ items: [{ run: RUN }], next: 'more' });
    expect(http.queries.filters.at(-1)).toEqual({ limit: 50 });
  });

  test('filters are passed on', async () => {
    await json('/api/v1/runs?state=failed&task=server-a.extract&job=nightly&limit=500&cursor=abc&other=1');
    const filter = { state: 'failed', task: 'server-a.extract', job: 'nightly', limit: 500, cursor: 'abc' };
    expect(http.queries.filters.at(-1)).toMatchObject(filter);
  });

  test.each([
    ...['limit=0', 'limit=501', 'limit=ten', 'limit=1.5', 'limit=1&limit=2', 'state=broken'],
    ...['task=extract', 'task=%00', 'job=A', 'cursor=bad', 'cursor=%20', 'cursor=a&cursor=b'],
  ])('a list with %s is 400', async (query) => {
    const response = await http.get(`/api/v1/runs?${query}`);
    expect([response.status, ((await response.json()) as { type: string }).type]).toEqual([
      400,
      '/problems/invalid-parameter',
    ]);
  });

  test('of no call is longer than 500', async () => {
    const file = new URL('../../../../docs/openapi.json', import.meta.url);
    const { paths } = JSON.parse(readFileSync(file, 'utf8')) as {
      paths: Record<string, { get?: { parameters?: { name: string }[] } }>;
    };
    const lists = Object.entries(paths)
      .filter(([, { get }]) => get?.parameters?.some(({ name }) => name === 'limit'))
      .map(([path]) => path.replace('{task}', 'server-a.extract').replace(/{\w+}/, 'a'));
    expect(lists.length).toBeGreaterThan(5);
    for (const list of lists) {
      const response = await http.get(`${list}?limit=501`);
      expect({ list, status: response.status }).toEqual({ list, status: 400 });
      expect(await response.json()).toMatchObject({ errors: [{ path: 'limit' }] });
    }
  });

  test('an empty parameter is as if left out', async () => {
    expect((await http.get('/api/v1/runs?state=&task=&job=&limit=&cursor=')).status).toBe(200);
    expect(http.queries.filters.at(-1)).toEqual({ limit: 50 });
  });

  test('one run has its tasks; an unknown one is 404', async () => {
    expect(await json(`/api/v1/runs/${RUN.toUpperCase()}`)).toMatchObject({
      state: 'failed',
      tasks: [{ task: 'server-a.extract', error: { code: 'no_disk' } }],
    });
    for (const path of ['', '/log', '/history']) {
      const response = await http.get(`/api/v1/runs/${NO_RUN}${path}`);
      expect([response.status, ((await response.json()) as { type: string }).type]).toEqual([
        404,
        '/problems/unknown-run',
      ]);
      expect((await http.get(`/api/v1/runs/1${path}`)).status).toBe(400);
    }
  });

  test('a long history is read in pages and comes whole, without leases', async () => {
    expect(await json(`/api/v1/runs/${RUN}/history`)).toEqual([]);
    http.queries.append(RUN, 2_500, { data: { lease: 'top-secret', args: { lease: 'of a flat' } } });
    http.queries.asked.length = 0;
    const rows = (await json(`/api/v1/runs/${RUN}/history`)) as { seq: number; data: unknown }[];
    expect(rows.map(({ seq }) => seq)).toEqual(Array.from({ length: 2_500 }, (_, at) => at + 1));
    expect(rows[0]?.data).toEqual({ lease: '[redacted]', args: { lease: 'of a flat' } });
    expect(http.queries.asked).toEqual(['history 1', 'history 1001', 'history 2001']);
  });

  test('log lines are given in order', async () => {
    expect(await json(`/api/v1/runs/${RUN}/log`)).toMatchObject([{ level: 'info', message: 'hello' }]);
  });
});

describe('the registry', () => {
  test('the graph has the last state of each task', async () => {
    const graph = (await json('/api/v1/graph')) as {
      nodes: { task: string; lastState: string | null }[];
      edges: unknown[];
    };
    expect(graph.nodes.map(({ lastState }) => lastState)).toEqual(['completed', null, null]);
    expect(graph.nodes[2]).toEqual({
      task: 'server-b.gone',
      server: 'server-b',
      declared: false,
      unresolved: [],
      lastState: null,
    });
    expect(graph.edges).toContainEqual({ from: 'server-b.gone', to: 'server-a.load' });
  });

  test('servers have their instances', async () => {
    expect(await json('/api/v1/servers')).toMatchObject([
      { server: 'server-a', instances: [{ clockSkewMs: -3 }] },
    ]);
  });

  test('the firings of a schedule say what became of each due time', async () => {
    expect(await json('/api/v1/schedules/server-a.extract/firings?limit=3')).toMatchObject([
      { outcome: 'missed' },
    ]);
    expect(http.queries.filters.at(-1)).toEqual({ schedule: 'server-a.extract', limit: 3 });
    expect((await http.get('/api/v1/schedules/Extract/firings')).status).toBe(400);
  });
});

describe('dead letters', () => {
  const value = async () =>
    ((await json('/api/v1/dead-letters')) as { items: { value: string; truncated: boolean }[] }).items[0];

  test.each([
    ['{"data":{"lease":"a\\"b","x":1}}', '{"data":{"lease":"[redacted]","x":1}}'],
    ['{"lease" : "cut in the mid', '{"lease" : "[redacted]'],
    ['not JSON "lease":"a" at all', 'not JSON "lease":"[redacted]" at all'],
    ['{"other":"a"}', '{"other":"a"}'],
  ])('%s is shown without its lease', async (text, shown) => {
    http.queries.deadLetter = { ...http.queries.deadLetter, value: text };
    expect((await value())?.value).toBe(shown);
  });

  test('also where the bytes are no text', async () => {
    const bytes = Buffer.concat([Buffer.from([0xff]), Buffer.from('"lease":"a"')]);
    http.queries.deadLetter = {
      ...http.queries.deadLetter,
      value: bytes.toString('base64'),
      encoding: 'base64',
    };
    const shown = Buffer.from((await value())?.value ?? '', 'base64');
    expect(shown.subarray(1).toString()).toBe('"lease":"[redacted]"');
  });

  test('a long value is cut and says so', async () => {
    http.queries.deadLetter = { ...http.queries.deadLetter, value: 'x'.repeat(100_000), encoding: 'utf8' };
    expect(await value()).toMatchObject({ value: 'x'.repeat(64 * 1024), truncated: true });
  });
});

describe('errors', () => {
  test('a call that does not exist is a 404 problem', async () => {
    for (const path of ['/api/v1/nothing', '/api/v2', '/monitor/../../package.json', '/monitor/other.js']) {
      const response = await http.get(path);
      expect(response.headers.get('content-type')).toBe('application/problem+json');
      expect(await response.json()).toMatchObject({ type: '/problems/no-such-route', status: 404 });
    }
    expect((await http.get('/api/v1/runs/%FF')).status).toBe(400);
  });

  test('the database away is 503, a defect 500 that gives nothing away', async () => {
    http.queries.failure = new StoreUnavailable('password=hunter2');
    const away = await http.get(`/api/v1/runs/${RUN}`);
    expect([away.status, away.headers.get('retry-after')]).toEqual([503, '1']);
    http.queries.failure = new Error('password=hunter2');
    const defect = await http.get(`/api/v1/runs/${RUN}`);
    http.queries.failure = null;
    expect(defect.status).toBe(500);
    expect((await away.text()) + (await defect.text())).not.toContain('hunter2');
  });

  test('the type of a problem leads to what it means', async () => {
    expect(await json('/problems/key-reused')).toEqual({
      type: '/problems/key-reused',
      status: 409,
      title: 'The same key or run id with other content',
    });
    expect((await http.get('/problems/constructor')).status).toBe(404);
  });

  test('every answer has the security headers and tells nothing of the server software', async () => {
    for (const path of ['/', '/api/v1/runs', '/nothing', '/metrics', '/openapi.json', '/api/v1/runs/1']) {
      const { headers } = await http.get(path);
      expect(headers.get('content-security-policy')).toContain("default-src 'none'");
      expect(headers.get('content-security-policy')).not.toContain('unsafe');
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      expect(headers.get('x-frame-options')).toBe('DENY');
      expect(headers.get('x-powered-by')).toBeNull();
    }
  });
});
