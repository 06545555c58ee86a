import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { RequestRefused } from '../../src/coordination/index.js';
import { httpApp, type HttpApp } from './support/http-app.js';
import { NO_RUN, RUN } from './support/memory.js';

const AT = '/api/v1/job-definitions';
const job = { tasks: [{ task: 'server-a.extract' }] };
let http: HttpApp;

beforeAll(async () => {
  http = await httpApp();
});
afterAll(() => http.close());

const errorsOf = async (answer: Response) =>
  ((await answer.json()) as { errors: { path: string }[] }).errors.map(({ path }) => path);

describe('job definitions over HTTP', () => {
  test('a definition is handed on with who made it and why', async () => {
    const body = { name: 'nightly', author: 'ann', reason: 'close', ...job };
    const made = await http.post(AT, body);
    expect(made.status).toBe(201);
    const put = await http.send('PUT', `${AT}/nightly`, job, { 'if-match': '"3"' });
    expect(put.status).toBe(200);
    await http.send('DELETE', `${AT}/nightly?author=ann&reason=over`);
    expect(http.definitions.asked).toEqual([
      {
        change: { kind: 'job', name: 'nightly', action: 'create', body: job, path: '' },
        by: { author: 'ann', reason: 'close' },
      },
      {
        change: { kind: 'job', name: 'nightly', action: 'put', body: job, path: '', expectedVersion: 3 },
        by: { author: null, reason: null },
      },
      {
        change: { kind: 'job', name: 'nightly', action: 'remove', body: {}, path: '' },
        by: { author: 'ann', reason: 'over' },
      },
    ]);
  });

  test.each<[string, object | undefined, number, string[]]>([
    ['no body', undefined, 400, []],
    ['no name', job, 422, ['/name']],
    ['a qualified name', { name: 'a.b', ...job }, 422, ['/name']],
    ['no tasks', { name: 'x' }, 422, ['/tasks']],
    [
      'several errors at once',
      { name: 'x', colour: 1, author: 7, tasks: [{ task: 'bare', depends: [] }] },
      422,
      ['/author', '/colour', '/tasks/0/depends', '/tasks/0/task'],
    ],
  ])('refuses %s with the path of every error', async (_, body, status, paths) => {
    const answer = await http.post(AT, body);
    expect(answer.status).toBe(status);
    if (paths.length > 0) expect((await errorsOf(answer)).sort()).toEqual(paths);
  });

  test.each([
    ['definition_exists', 409],
    ['unknown_definition', 404],
    ['version_conflict', 412],
    ['invalid_definition', 422],
  ] as const)('answers %s with %i', async (code, status) => {
    http.definitions.failure = new RequestRefused(code, 'so it is', [{ path: '/tasks/0', message: 'no' }]);
    const answer = await http.post(AT, { name: 'x', ...job });
    expect(answer.status).toBe(status);
    expect(await errorsOf(answer)).toEqual(['/tasks/0']);
  });

  test.each([
    ['GET', `${AT}/unknown`, 404],
    ['GET', `${AT}/unknown/versions`, 404],
    ['GET', `${AT}/A.B`, 400],
    ['GET', `${AT}/known/versions/0`, 400],
    ['PUT', `${AT}/x`, 400],
    ['GET', `/api/v1/runs/${NO_RUN}/tasks/a.b/args`, 404],
    ['GET', `/api/v1/runs/${RUN}/tasks/bare/args`, 400],
    ['GET', `/api/v1/runs/${RUN}/tasks/a.b/args?item=x`, 400],
  ])('%s %s answers %i', async (method, path, status) => {
    expect((await http.send(method, path)).status).toBe(status);
  });

  test('a job is started by its name alone', async () => {
    expect((await http.post('/api/v1/jobs', { job: 'nightly', args: { day: 1 } })).status).toBe(202);
    expect(http.commands.requests.at(-1)?.request).toEqual({ job: 'nightly', args: { day: 1 } });
    const answer = await http.post('/api/v1/jobs', { task: 'a.b' });
    expect(answer.status).toBe(422);
    expect(await errorsOf(answer)).toEqual(['/job']);
    await http.get('/api/v1/jobs?state=failed');
    expect(http.queries.filters.at(-1)).toMatchObject({ state: 'failed', ofJobs: true });
  });
});
