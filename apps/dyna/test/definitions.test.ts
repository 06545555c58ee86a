import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ApiServer, sendJson } from './api-server.js';
import { dyna } from './fake-terminal.js';

let api: ApiServer;
let folder: string;
let file: string;
const run = (...argv: string[]) => dyna(argv, { CORDYNA_URL: api.url, STAGE: 'prod', SECRET: 'x' });

beforeEach(async () => {
  api = await ApiServer.start();
  folder = await mkdtemp(join(tmpdir(), 'dyna-'));
  file = join(folder, 'cordyna.yaml');
  await writeFile(file, '{"jobs":{}}');
});
afterEach(async () => {
  await api.stop();
  await rm(folder, { recursive: true });
});

const change = (name: string, outcome: string, more: object = {}) => ({
  ...{ kind: 'job', name, outcome, version: 2, warnings: [], diff: [], ...more },
});

describe('dyna apply', () => {
  test('sends the file, and prints what changes, with each difference', async () => {
    const diff = [
      { op: 'replace', path: '/args/day', before: 'a', after: 'b' },
      { op: 'add', path: '/tasks/1', after: { task: 'a.b' } },
      { op: 'remove', path: '/description', before: 'x'.repeat(200) },
    ];
    const warnings = ['no server declares a.b yet'];
    api.on('POST /api/v1/apply', {
      dryRun: true,
      changes: [
        change('old', 'removed', { diff: [{ op: 'remove', path: '', before: {} }] }),
        change('nightly', 'changed', { diff, warnings }),
        change('same', 'unchanged'),
      ],
    });
    const { code, out, err } = await run('apply', file, '--dry-run', '--author', 'ann');
    expect(code).toBe(0);
    expect(out).toBe(
      [
        '- job old  removed, version 2',
        '~ job nightly  changed, version 2',
        '    ~ /args/day: "a" → "b"',
        '    + /tasks/1: {"task":"a.b"}',
        `    - /description: "${'x'.repeat(99)}…`,
        '2 would change, 1 unchanged.',
        '',
      ].join('\n'),
    );
    expect(err).toBe('warning: job nightly: no server declares a.b yet\n');
    expect(api.seen[0]).toMatchObject({
      path: '/api/v1/apply?dryRun=true&author=ann',
      headers: { 'content-type': 'application/yaml' },
      body: { jobs: {} },
    });
  });

  test('prints each error with its place in the file', async () => {
    const errors = [
      { path: '/jobs/x/colour', message: 'is not known', line: 3, column: 5 },
      { path: '', message: 'the schedule late starts it' },
    ];
    api.on('POST /api/v1/apply', (_: unknown, response: Parameters<typeof sendJson>[0]) =>
      sendJson(response, { detail: 'all of it', errors }, 422),
    );
    const { code, err } = await run('apply', file);
    expect(code).toBe(2);
    expect(err).toBe(
      [
        `dyna: ${file} was refused with 422, and nothing of it is applied:`,
        `  ${file}:3:5: /jobs/x/colour is not known`,
        `  ${file}: the schedule late starts it`,
        'Correct the file.',
        '',
      ].join('\n'),
    );
  });

  test('says that a file is not there', async () => {
    expect(await run('apply', join(folder, 'none.yaml'))).toMatchObject({
      code: 2,
      err: expect.stringContaining('cannot be read'),
    });
  });
});

describe('dyna export and dyna import', () => {
  test('print the file as it is', async () => {
    api.on('GET /api/v1/export', (_: unknown, response: { end(text: string): void }) =>
      response.end('jobs: {}\n'),
    );
    expect((await run('export')).out).toBe('jobs: {}\n');
  });

  test('send what the file names of the environment, and tell what has no counterpart', async () => {
    await writeFile(file, JSON.stringify({ a: '${STAGE:x} ${NONE}' }));
    const note = { kind: 'dropped', path: '/a', message: 'has no counterpart', line: 1, column: 1 };
    api.on('POST /api/v1/import/sermos', { file: 'jobs: {}\n', notes: [note] });
    const { out, err } = await run('import', file, '--handler', 'x.y.z=a.b');
    expect(out).toBe('jobs: {}\n');
    expect(err).toBe(`${file}:1: dropped: /a has no counterpart\n`);
    expect(api.seen[0]?.body).toMatchObject({ handlers: { 'x.y.z': 'a.b' }, environment: { STAGE: 'prod' } });
    expect(JSON.stringify(api.seen)).not.toContain('SECRET');
  });

  test('a handler without a task is refused', async () => {
    expect((await run('import', file, '--handler', 'x.y')).err).toMatch(/names no task/);
  });
});

describe('dyna jobs and dyna schedules', () => {
  const at = '2026-11-21T10:00:00.000Z';
  const nightly = { name: 'nightly', version: 3, body: { tasks: [{}, {}] }, author: 'ann', at };
  const own = {
    ...{
      schedule: 'mornings',
      state: 'active',
      task: null,
      job: 'nightly',
      everyMs: null,
      cron: '0 6 * * *',
    },
    ...{ timezone: 'UTC', nextDueAt: at, changed: { author: 'ann' } },
  };
  const declared = {
    ...{ schedule: 'a.b', state: 'paused', task: 'a.b', job: null, everyMs: 60_000, cron: null },
    ...{ timezone: 'UTC', nextDueAt: null, changed: null },
  };

  test('print tables', async () => {
    api.on('GET /api/v1/job-definitions', { items: [nightly], next: 'c2' });
    api.on('GET /api/v1/schedules', { items: [declared, own], next: null });
    expect((await run('jobs', '--limit', '1')).out).toBe(
      [
        'JOB      VERSION  TASKS  CHANGED (UTC)        BY',
        'nightly  3        2      2026-11-21 10:00:00  ann',
        'More with: --cursor c2',
        '',
      ].join('\n'),
    );
    expect((await run('schedules')).out).toBe(
      [
        'SCHEDULE  STATE   TASK OR JOB  DUE              NEXT (UTC)           CHANGED BY',
        'a.b       paused  a.b          every 1 min 0 s',
        'mornings  active  nightly      0 6 * * * (UTC)  2026-11-21 10:00:00  ann',
        '',
      ].join('\n'),
    );
    expect(JSON.parse((await run('jobs', '--json')).out)).toEqual({ items: [nightly], next: 'c2' });
    expect(api.seen[0]?.path).toBe('/api/v1/job-definitions?limit=1');
  });

  test('say when there are none', async () => {
    const none = { items: [], next: null };
    api.on('GET /api/v1/job-definitions', none).on('GET /api/v1/schedules', none);
    expect((await run('jobs')).out).toBe('No jobs are defined.\n');
    expect((await run('schedules')).out).toBe('No schedules.\n');
  });

  test('a schedule is paused, resumed, fired and previewed', async () => {
    for (const action of ['pause', 'resume'])
      api.on(`POST /api/v1/schedules/a.b/${action}`, { schedule: 'a.b' });
    api.on('POST /api/v1/schedules/a.b/fire', { run: 'r1' });
    api.on('GET /api/v1/schedules/a.b/preview', { due: [at] });
    expect((await run('schedules', 'pause', 'a.b', '--reason', 'slow')).out).toBe('a.b is paused.\n');
    expect(api.seen[0]?.body).toEqual({ reason: 'slow' });
    expect((await run('schedules', 'resume', 'a.b')).out).toBe('a.b goes on.\n');
    expect((await run('schedules', 'fire', 'a.b')).out).toBe(
      'a.b is fired. See the run with: dyna watch r1\n',
    );
    expect((await run('schedules', 'preview', 'a.b')).out).toBe('2026-11-21 10:00:00\n');
    expect((await run('schedules', 'explode', 'a.b')).code).toBe(2);
  });
});
