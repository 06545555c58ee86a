import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { httpApp, type HttpApp } from './support/http-app.js';
import { RUN } from './support/memory.js';

const AT = '/api/v1/schedules';
let http: HttpApp;

beforeAll(async () => {
  http = await httpApp();
});
afterAll(() => http.close());

const errorsOf = async (answer: Response) =>
  ((await answer.json()) as { errors: { path: string }[] }).errors.map(({ path }) => path);

describe('schedules over HTTP', () => {
  test('one is made, overridden and removed with author and reason', async () => {
    const body = { everyMs: 1_000, task: 'server-a.extract' };
    expect((await http.post(AT, { name: 'often', author: 'ann', ...body })).status).toBe(201);
    const put = await http.send('PUT', `${AT}/server-a.extract`, { cron: '0 6 * * *', reason: 'load' });
    expect(put.status).toBe(200);
    expect((await http.send('DELETE', `${AT}/often?reason=over`)).status).toBe(200);
    expect(
      http.definitions.asked.map(({ change, by }) => [change.kind, change.name, change.action, by]),
    ).toEqual([
      ['schedule', 'often', 'create', { author: 'ann', reason: null }],
      ['schedule', 'server-a.extract', 'put', { author: null, reason: 'load' }],
      ['schedule', 'often', 'remove', { author: null, reason: 'over' }],
    ]);
  });

  test('it is paused, resumed, fired and previewed', async () => {
    const by = { author: 'ann', reason: 'holiday' };
    expect((await http.post(`${AT}/known/pause`, by)).status).toBe(200);
    expect((await http.post(`${AT}/known/resume`)).status).toBe(200);
    const fired = await http.post(`${AT}/known/fire`, {}, { 'idempotency-key': 'k' });
    expect([fired.status, await fired.json()]).toEqual([202, { run: RUN }]);
    const preview = await http.get(`${AT}/known/preview?count=2`);
    expect(await preview.json()).toEqual({ due: ['1970-01-01T00:00:00.000Z', '1970-01-01T00:00:01.000Z'] });
    expect((await http.post(`${AT}/preview`, { task: 'a.b', everyMs: 5 })).status).toBe(200);
    expect(http.schedules.asked).toEqual([
      ['pause', by],
      ['resume', { author: null, reason: null }],
      ['fire', { author: null, reason: null }, 'k'],
      ['preview', 2],
      ['previewOf', { task: 'a.b', everyMs: 5 }, 10],
    ]);
  });

  test('what is wrong is told with every path', async () => {
    const answer = await http.post(AT, {
      name: 'x',
      everyMs: 0,
      overlap: 'maybe',
      endsAt: 'soon',
      colour: 1,
    });
    expect(answer.status).toBe(422);
    expect((await errorsOf(answer)).sort()).toEqual(['/colour', '/endsAt', '/everyMs', '/overlap']);
    expect(await errorsOf(await http.post(`${AT}/known/pause`, { author: 1, x: 2 }))).toEqual([
      '/author',
      '/x',
    ]);
  });

  test.each([
    ['GET', `${AT}/unknown`, 404],
    ['POST', `${AT}/unknown/pause`, 404],
    ['GET', `${AT}/unknown/preview`, 404],
    ['GET', `${AT}/known/preview?count=101`, 400],
    ['GET', `${AT}/A`, 400],
  ])('%s %s answers %i', async (method, path, status) => {
    expect((await http.send(method, path)).status).toBe(status);
  });
});
