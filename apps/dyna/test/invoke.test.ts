import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { graph, RUN } from './answers.js';
import { ApiServer, sendJson } from './api-server.js';
import { dyna } from './fake-terminal.js';

let api: ApiServer;
const run = (...argv: string[]) => dyna(['invoke', ...argv], { CORDYNA_URL: api.url });
const posted = (): unknown => api.seen.find(({ method }) => method === 'POST')?.body;

beforeEach(async () => {
  api = (await ApiServer.start())
    .on('GET /api/v1/graph', graph)
    .on('POST /api/v1/runs', (_, response) => sendJson(response, { run: RUN }, 202));
});
afterEach(() => api.stop());

describe('dyna invoke', () => {
  test('sends a declared task as a task and says how to follow the run', async () => {
    const { code, out } = await run('server-a.extract');
    expect(posted()).toEqual({ task: 'server-a.extract' });
    expect(code).toBe(0);
    expect(out).toBe(`Run ${RUN} is created. See it with: dyna watch ${RUN}\n`);
  });

  test.each([
    ['a bare name', ['nightly'], { job: 'nightly' }],
    ['a name of a known server that is no task', ['server-a.nightly'], { job: 'server-a.nightly' }],
    ['a task that is said to be a job', ['server-a.extract', '--job'], { job: 'server-a.extract' }],
  ])('sends %s as a job', async (_, argv, body) => {
    await run(...argv);
    expect(posted()).toEqual(body);
  });

  test('sends arguments as JSON where they are JSON, else as strings, single ones over --args', async () => {
    const args = [
      '--args',
      '{"n":1,"day":"x"}',
      '--arg',
      'day=2026-11-21',
      '--arg',
      'n=2',
      '--arg',
      'on=true',
    ];
    await run('server-a.extract', ...args, '--arg', 'eq=a=b', '--arg', 'list=[1]');
    expect(posted()).toEqual({
      task: 'server-a.extract',
      args: { day: '2026-11-21', n: 2, on: true, eq: 'a=b', list: [1] },
    });
  });

  test('sends scope, key and arguments of single tasks', async () => {
    await run(
      'server-a.extract',
      '--scope',
      'task',
      '--key',
      'k1',
      '--task-args',
      'server-b.load={"fast":true}',
    );
    expect(posted()).toEqual({
      task: 'server-a.extract',
      scope: 'task',
      idempotencyKey: 'k1',
      taskArgs: { 'server-b.load': { fast: true } },
    });
  });

  test('with --json prints the answer and nothing else', async () => {
    const { out } = await run('server-a.extract', '--json');
    expect(JSON.parse(out)).toEqual({ run: RUN });
  });

  test('an unknown task is answered with those that there are', async () => {
    api.on('POST /api/v1/runs', (_, response) =>
      sendJson(response, { status: 404, title: 'Not Found' }, 404),
    );
    const { code, err, out } = await run('server-x.nothing');
    expect(code).toBe(2);
    expect(out).toBe('');
    expect(err).toBe(
      'dyna: There is no task or job "server-x.nothing".\n' +
        'Declared are server-a.extract, server-b.check, server-b.load, server-c.report.\n',
    );
  });

  test('a refusal is shown with the detail of the problem', async () => {
    const problem = { status: 422, title: 'Unprocessable', detail: 'args/day must be a date' };
    api.on('POST /api/v1/runs', (_, response) => sendJson(response, problem, 422));
    const { code, err } = await run('server-a.extract', '--arg', 'day=x');
    expect(code).toBe(2);
    expect(err).toMatch(/refused with 422: args\/day must be a date\nCorrect the request\.\n$/);
  });

  test.each([
    ['--args', '[1]', /--args is not a JSON object: \[1\]/],
    ['--arg', 'novalue', /--arg novalue has no name before "="/],
    ['--task-args', 'a.b=1', /--task-args is not a JSON object: 1/],
    ['--scope', 'everything', /Allowed choices are downstream, task/],
  ])('%s %s is refused before anything is sent', async (option, value, message) => {
    const { code, err } = await run('server-a.extract', option, value);
    expect(code).toBe(2);
    expect(err).toMatch(message);
    expect(posted()).toBeUndefined();
  });

  test('says what to do when nobody answers', async () => {
    await api.stop();
    const { code, err } = await run('server-a.extract');
    expect(code).toBe(2);
    expect(err).toBe(
      `dyna: Cerebro does not answer at ${api.url}.\nStart it with "npm start", or set CORDYNA_URL to where it runs.\n`,
    );
    api = await ApiServer.start();
  });
});
