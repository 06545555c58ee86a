import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { RequestRefused } from '../../src/coordination/index.js';
import { httpApp, type HttpApp } from './support/http-app.js';

const YAML = { 'content-type': 'application/yaml' };
const FILE = `jobs:
  nightly:
    tasks: [{ task: server-a.extract }]
schedules:
  mornings: { job: nightly, cron: 0 6 * * * }
`;
let http: HttpApp;

beforeAll(async () => {
  http = await httpApp();
});
afterAll(() => http.close());

const apply = (text: string, query = '', headers: Record<string, string> = YAML) =>
  http.send('POST', `/api/v1/apply${query}`, text, headers);
const errorsOf = async (answer: Response) => ((await answer.json()) as { errors: object[] }).errors;

describe('files over HTTP', () => {
  test('a file is handed on as one change, with who made it and why', async () => {
    http.definitions.asked.length = 0;
    const answer = await apply(FILE, '?dryRun=true&author=ann&reason=close');
    expect(answer.status).toBe(200);
    expect(await answer.json()).toMatchObject({
      dryRun: true,
      changes: [
        { kind: 'job', name: 'nightly', diff: [{ op: 'add', path: '' }] },
        { kind: 'schedule', name: 'mornings' },
      ],
    });
    expect(http.definitions.asked.map(({ change, by }) => [change.action, change.path, by.author])).toEqual([
      ['put', '/jobs/nightly', 'ann'],
      ['put', '/schedules/mornings', 'ann'],
    ]);
  });

  test('with prune, what the file does not name is removed, if it is still as it was read', async () => {
    http.definitions.asked.length = 0;
    const overtaken = new RequestRefused('version_conflict', 'version 2 is in force');
    http.definitions.failure = overtaken;
    expect((await apply('schedules: {}', '?prune=true')).status).toBe(200);
    expect(http.definitions.asked.map(({ change }) => change)).toEqual([
      { kind: 'job', name: 'known', action: 'remove', body: {}, path: '', expectedVersion: 1 },
    ]);
  });

  test('what the door refuses has its place in the file', async () => {
    const errors = [
      { path: '/schedules/mornings/job', message: 'there is no job nightly' },
      { path: '', message: 'the job old is in use' },
    ];
    http.definitions.failure = new RequestRefused('invalid_definition', 'so it is', errors);
    const answer = await apply(FILE);
    expect(answer.status).toBe(422);
    expect(await errorsOf(answer)).toEqual([{ ...errors[0], line: 5, column: 15 }, errors[1]]);
  });

  test.each<[string, string, string, Record<string, string>, number]>([
    ['a member that is not known', 'jobs: { x: { tasks: [], colour: 1 } }', '', YAML, 422],
    ['what is no YAML', 'jobs: [', '', YAML, 422],
    ['another content type', FILE, '', { 'content-type': 'text/plain' }, 415],
    ['no body', '', '', YAML, 400],
    ['dryRun=perhaps', FILE, '?dryRun=perhaps', YAML, 400],
  ])('refuses %s', async (_, text, query, headers, status) => {
    const answer = await apply(text, query, headers);
    expect(answer.status).toBe(status);
    if (status === 422) expect((await errorsOf(answer))[0]).toHaveProperty('line', 1);
  });

  test('JSON is a file too, and an export is YAML', async () => {
    const json = { 'content-type': 'application/json' };
    expect((await apply('{"jobs":{"x":{"tasks":[{"task":"a.b"}]}}}', '', json)).status).toBe(200);
    const exported = await http.get('/api/v1/export');
    expect(exported.headers.get('content-type')).toBe('application/yaml; charset=utf-8');
    expect(await exported.text()).toBe('jobs:\n  known:\n    tasks:\n      - task: server-a.extract\n');
  });

  test('a sermos.yaml comes back as a file with notes; what is wrong with the request has its path', async () => {
    const good = await http.post('/api/v1/import/sermos', { file: 'imageConfig: []' });
    expect(await good.json()).toMatchObject({ file: '{}\n', notes: [{ path: '/imageConfig', line: 1 }] });
    const bad = { file: 7, handlers: { 'a/b': 'c' }, environment: [], more: 1 };
    const answer = await http.post('/api/v1/import/sermos', bad);
    expect(answer.status).toBe(422);
    expect((await errorsOf(answer)).map((error) => (error as { path: string }).path)).toEqual([
      ...['/more', '/file', '/handlers/a~1b', '/environment'],
    ]);
  });
});
