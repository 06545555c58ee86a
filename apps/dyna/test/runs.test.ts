import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { failed, RUN } from './answers.js';
import { ApiServer } from './api-server.js';
import { dyna } from './fake-terminal.js';

let api: ApiServer;
const run = (...argv: string[]) => dyna(['runs', ...argv], { CORDYNA_URL: api.url });
const { tasks: _, ...summary } = failed;
const job = { ...summary, run: RUN.replace(/1$/, '2'), task: null, job: 'nightly', state: 'completed' };

beforeEach(async () => {
  api = (await ApiServer.start()).on('GET /api/v1/runs', { items: [summary, job], next: 'c2' });
});
afterEach(() => api.stop());

describe('dyna runs', () => {
  test('prints a table with a line for each run and how to go on', async () => {
    const { code, out } = await run();
    expect(code).toBe(0);
    expect(out).toBe(
      [
        'RUN                                   STATE      TASK OR JOB       TRIGGER  CREATED (UTC)        TOOK',
        '0199a1b2-0000-7000-8000-000000000001  failed     server-a.extract  request  2026-11-21 10:00:00  1 min 15 s',
        '0199a1b2-0000-7000-8000-000000000002  completed  nightly           request  2026-11-21 10:00:00  1 min 15 s',
        'More with: --cursor c2',
        '',
      ].join('\n'),
    );
  });

  test('passes the filters on', async () => {
    await run('--state', 'failed', '--task', 'server-a.extract', '--limit', '5', '--cursor', 'a b');
    expect(api.seen[0]?.path).toBe('/api/v1/runs?state=failed&task=server-a.extract&limit=5&cursor=a+b');
  });

  test('with --json prints the page as it came', async () => {
    const { out } = await run('--json');
    expect(JSON.parse(out)).toEqual({ items: [summary, job], next: 'c2' });
  });

  test('says when there are none', async () => {
    api.on('GET /api/v1/runs', { items: [], next: null });
    expect((await run()).out).toBe('No runs.\n');
  });

  test('a state that does not exist is refused before anything is sent', async () => {
    const { code, err } = await run('--state', 'done');
    expect(code).toBe(2);
    expect(err).toMatch(/Allowed choices are running, completed, failed, cancelled/);
    expect(api.seen).toEqual([]);
  });

  test('a server that is not Cerebro is said to be none', async () => {
    api.on('GET /api/v1/runs', (_request: unknown, response: { end(text: string): void }) =>
      response.end('<html>'),
    );
    expect((await run()).err).toMatch(/is not Cerebro\.\nSet CORDYNA_URL/);
  });
});
