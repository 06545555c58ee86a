import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { RUN } from './answers.js';
import { ApiServer } from './api-server.js';
import { dyna } from './fake-terminal.js';

let api: ApiServer;
const run = (...argv: string[]) => dyna(['failures', ...argv], { CORDYNA_URL: api.url });
const nowhere = { run: null, topic: null, partition: null, offset: null };
const items = [
  {
    ...{ ...nowhere, kind: 'timeout', at: '2026-11-21T10:00:00.000Z', reason: 'ack_timeout', detail: 'late' },
    ...{ server: 'server-a', task: 'server-a.extract', run: RUN },
  },
  {
    ...{ kind: 'dead_letter', at: '2026-11-21T09:00:00.000Z', reason: 'not_json', detail: 'at 0' },
    ...{ server: null, task: null, run: null, topic: 'cordyna.events', partition: 3, offset: '17' },
  },
];

beforeEach(async () => {
  api = (await ApiServer.start()).on('GET /api/v1/failures', { items, next: 'c2' });
});
afterEach(() => api.stop());

test('dyna failures prints what went wrong, where, and how to go on', async () => {
  const { code, out } = await run();
  expect(code).toBe(0);
  expect(out.split('\n')).toEqual([
    'AT (UTC)             KIND         REASON       TASK OR SERVER    RUN OR RECORD                         DETAIL',
    `2026-11-21 10:00:00  timeout      ack_timeout  server-a.extract  ${RUN}  late`,
    '2026-11-21 09:00:00  dead_letter  not_json                       cordyna.events/3/17                   at 0',
    'More with: --cursor c2',
    '',
  ]);
});

test('dyna failures passes the filters on, and prints the page as it came with --json', async () => {
  const { out } = await run('--kind', 'lost', '--server', 'a', '--since', '2026-11-21T10:00:00Z', '--json');
  expect(api.seen[0]?.path).toBe('/api/v1/failures?kind=lost&server=a&since=2026-11-21T10%3A00%3A00Z');
  expect(JSON.parse(out)).toEqual({ items, next: 'c2' });
});

test('dyna failures says when there are none', async () => {
  api.on('GET /api/v1/failures', { items: [], next: null });
  expect((await run()).out).toBe('No failures.\n');
});
