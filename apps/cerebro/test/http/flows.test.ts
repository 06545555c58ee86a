import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { httpApp, type HttpApp } from './support/http-app.js';

let http: HttpApp;
beforeAll(async () => {
  http = await httpApp();
});
afterAll(() => http.close());

const job = {
  ...{ job: 'first', task: 'server-a.first', sources: ['in/*'], target: 'out/*', status: 'success' },
  ...{ counts: { preliminary: 0, success: 1, error: 0 }, files: [], omitted: 1 },
};
const report = { flow: 'prices', checkedAt: '2026-11-21T10:00:00.000Z', checkEveryMs: 60_000, jobs: [job] };
const flows = async (): Promise<unknown> => (await http.get('/api/v1/flows')).json();

test('a flow is shown as it was reported last, with its server, and not before its first report', async () => {
  http.queries.flowOutput = { ...report, more: 'ignored' };

  expect(await flows()).toEqual([
    {
      ...report,
      server: 'server-a',
      task: 'server-a.flow',
      serverState: 'online',
      reportedAt: expect.any(String),
    },
  ]);
});

test.each([null, {}, { ...report, jobs: [{ ...job, status: 'well' }] }])(
  '%j is no report',
  async (output) => {
    http.queries.flowOutput = output;

    expect(await flows()).toEqual([]);
  },
);
