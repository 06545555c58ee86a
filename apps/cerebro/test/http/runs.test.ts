import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { RequestRefused } from '../../src/coordination/index.js';
import { httpApp, type HttpApp } from './support/http-app.js';
import { NO_RUN, RUN } from './support/memory.js';

let http: HttpApp;
beforeAll(async () => {
  http = await httpApp();
});
afterAll(() => http.close());

async function problemOf(response: Response) {
  expect(response.headers.get('content-type')).toBe('application/problem+json');
  const problem = (await response.json()) as {
    type: string;
    status: number;
    detail: string;
    errors?: unknown[];
  };
  expect(problem.status).toBe(response.status);
  return problem;
}

describe('POST /api/v1/runs', () => {
  test('answers 202 with the id of the run', async () => {
    const request = { task: 'server-a.extract', args: { day: 1 }, scope: 'task' };
    const response = await http.post('/api/v1/runs', request);
    expect([response.status, await response.json()]).toEqual([202, { run: RUN }]);
    expect(http.commands.requests.at(-1)).toEqual({ request, source: '/http' });
  });

  test('takes the idempotency key from the header, from the body, or the same from both', async () => {
    const body = { task: 'server-a.extract' };
    await http.post('/api/v1/runs', body, { 'Idempotency-Key': 'k1' });
    expect(http.commands.requests.at(-1)?.request.idempotencyKey).toBe('k1');
    await http.post('/api/v1/runs', { ...body, idempotencyKey: 'k2' }, { 'Idempotency-Key': 'k2' });
    expect(http.commands.requests.at(-1)?.request.idempotencyKey).toBe('k2');
    const response = await http.post(
      '/api/v1/runs',
      { ...body, idempotencyKey: 'k3' },
      { 'Idempotency-Key': 'k4' },
    );
    expect(response.status).toBe(400);
    expect(await problemOf(response)).toMatchObject({ errors: [{ path: '/idempotencyKey' }] });
  });

  test('passes on a trace context that is well-formed', async () => {
    const trace = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    for (const traceparent of [trace, 'nonsense'])
      await http.post('/api/v1/runs', { task: 'server-a.extract' }, { traceparent });
    expect(http.commands.requests.slice(-2).map((request) => request.trace)).toEqual([trace, undefined]);
  });

  test('takes a run id in capitals as the same id', async () => {
    await http.post('/api/v1/runs', { task: 'server-a.extract', run: RUN.replace('c', 'C').toUpperCase() });
    expect(http.commands.requests.at(-1)?.request.run).toBe(RUN);
  });

  test.each([
    ['nothing of both', {}, ''],
    ['both of task and job', { task: 'server-a.x', job: 'y' }, ''],
    ['a bare task', { task: 'extract' }, '/task'],
    ['a wrong scope', { task: 'server-a.x', scope: 'all' }, '/scope'],
    ['args that are a list', { task: 'server-a.x', args: [] }, '/args'],
    ['a list', [], ''],
  ])('refuses %s with 422 and says where', async (_, body, path) => {
    const before = http.commands.requests.length;
    const response = await http.post('/api/v1/runs', body);
    expect(response.status).toBe(422);
    const problem = await problemOf(response);
    expect(problem.type).toBe('/problems/invalid-body');
    expect(problem.errors).toContainEqual({ path, message: expect.any(String) });
    expect(http.commands.requests.length).toBe(before);
  });

  test.each([
    ['unknown_task', 404, 'unknown-task'],
    ['unknown_job', 404, 'unknown-job'],
    ['invalid_args', 422, 'invalid-args'],
    ['key_reused', 409, 'key-reused'],
    ['unavailable', 503, 'unavailable'],
  ] as const)('answers %s with %i', async (code, status, kind) => {
    const errors = [{ path: '/args/day', message: 'must be a number' }];
    http.commands.failure = new RequestRefused(code, 'because', errors);
    const response = await http.post('/api/v1/runs', { task: 'server-a.extract' });
    expect(response.status).toBe(status);
    expect(response.headers.get('retry-after')).toBe(status === 503 ? '1' : null);
    expect(await problemOf(response)).toMatchObject({
      type: `/problems/${kind}`,
      detail: 'because',
      instance: '/api/v1/runs',
      errors,
    });
  });

  test.each([
    ['JSON that is cut', '{"task": ', /not JSON/],
    ['a comma too many, with its position', '{"task":"a.b",}', /position 14/],
    ['a NUL character', '{"task":"a\\u0000.b"}', /NUL/],
    ['nesting of 20,000', '['.repeat(20_000), /nested/],
    ['no body', undefined, /missing/],
  ])('refuses %s with 400', async (_, body, detail) => {
    const response = await http.post('/api/v1/runs', body);
    expect(response.status).toBe(400);
    expect(await problemOf(response)).toMatchObject({
      type: '/problems/malformed-request',
      detail: expect.stringMatching(detail),
    });
  });

  test('takes 1 MiB and refuses more with 413', async () => {
    const body = (bytes: number) => `{"task":"server-a.x","args":{"a":"${'x'.repeat(bytes - 37)}"}}`;
    expect(body(1024 * 1024)).toHaveLength(1024 * 1024);
    expect((await http.post('/api/v1/runs', body(1024 * 1024))).status).toBe(202);
    const response = await http.post('/api/v1/runs', body(1024 * 1024 + 1));
    expect(response.status).toBe(413);
    expect((await problemOf(response)).type).toBe('/problems/body-too-large');
  });

  test.each(['text/plain', 'application/x-www-form-urlencoded', 'application/jsonx'])(
    'refuses %s with 415',
    async (type) => {
      const response = await http.post('/api/v1/runs', { task: 'server-a.x' }, { 'content-type': type });
      expect(response.status).toBe(415);
      expect((await problemOf(response)).type).toBe('/problems/unsupported-media-type');
    },
  );

  test('refuses what a page of another site sends', async () => {
    const cross = { 'sec-fetch-site': 'cross-site', origin: 'https://elsewhere.example' };
    const response = await http.post('/api/v1/runs', { task: 'server-a.x' }, cross);
    expect(response.status).toBe(403);
    expect((await problemOf(response)).type).toBe('/problems/cross-site-request');
  });
});

describe('cancel and retry', () => {
  test('cancel passes the reason on', async () => {
    expect((await http.post(`/api/v1/runs/${RUN}/cancel`)).status).toBe(200);
    const response = await http.post(`/api/v1/runs/${RUN}/cancel`, { reason: 'wrong day' });
    expect(await response.json()).toEqual({ run: RUN });
    expect(http.commands.cancels.map(({ reason }) => reason)).toEqual(['cancelled by request', 'wrong day']);
    expect((await http.post(`/api/v1/runs/${RUN}/cancel`, { reason: 7 })).status).toBe(422);
  });

  test('retry of a run that is not failed or cancelled is 409', async () => {
    expect((await http.post(`/api/v1/runs/${RUN}/retry`)).status).toBe(200);
    http.commands.failure = new RequestRefused('wrong_state', 'the run is running');
    const response = await http.post(`/api/v1/runs/${RUN}/retry`);
    expect(response.status).toBe(409);
    expect((await problemOf(response)).type).toBe('/problems/wrong-state');
  });

  test('an unknown run is 404, what is not a run id 400', async () => {
    const cancel = (run: string) => http.post(`/api/v1/runs/${run}/cancel`);
    expect((await problemOf(await cancel(NO_RUN))).type).toBe('/problems/unknown-run');
    expect((await problemOf(await cancel('nope'))).type).toBe('/problems/invalid-parameter');
  });
});
