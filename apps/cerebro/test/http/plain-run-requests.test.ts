import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { connect } from 'node:net';
import { RequestRefused } from '../../src/coordination/index.js';
import { httpApp, type HttpApp } from './support/http-app.js';
import { RUN } from './support/memory.js';

let http: HttpApp;
/** Called for each request that Express gets. */
let express: { readonly mock: { readonly calls: unknown[][] } };

beforeAll(async () => {
  http = await httpApp();
  express = jest.spyOn(http.app.getHttpAdapter().getInstance() as { handle: () => void }, 'handle');
});
afterAll(() => http.close());

const body = JSON.stringify({ task: 'server-a.extract', run: RUN });

/** The answer as it comes, but for its date and how its body is cut. */
function answerTo(bytes: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(Number(new URL(http.url).port), '127.0.0.1', () => socket.write(bytes));
    let got = '';
    socket.setEncoding('utf8').setTimeout(20_000, () => socket.destroy(new Error('the server keeps silent')));
    socket.on('data', (text: string) => (got += text));
    socket.on('close', () => resolve(got.replace(/^date: .*\r\n/im, '')));
    socket.on('error', reject);
  });
}

const requestOf = (path: string, sent: string, headers: readonly string[] = []): string =>
  [
    `POST ${path} HTTP/1.1`,
    'host: x',
    'connection: close',
    ...(headers.some((header) => header.startsWith('content-type'))
      ? []
      : ['content-type: application/json']),
    ...headers,
    `content-length: ${Buffer.byteLength(sent)}`,
    '',
    sent,
  ].join('\r\n');

const refused = (): void => {
  http.commands.failure = new RequestRefused('unavailable', 'because');
};
const broken = (): void => {
  http.commands.failure = new Error('a defect');
};
const nothing = (): void => undefined;

test.each<readonly [string, string, readonly string[], () => void]>([
  ['a run', body, [], nothing],
  ['a run with its key in the header', body, ['idempotency-key: one'], nothing],
  ['two headers with a key', body, ['idempotency-key: one', 'idempotency-key: two'], nothing],
  ['different keys', '{"task":"a.b","idempotencyKey":"one"}', ['idempotency-key: two'], nothing],
  ['a trace', body, ['traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'], nothing],
  ['no trace', body, ['traceparent: nonsense'], nothing],
  ['another type of JSON', body, ['content-type: application/x+json; charset=latin1'], nothing],
  ['what is not JSON', '{"task":', [], nothing],
  ['a NUL character', '{"task":"\\u0000"}', [], nothing],
  ['what is no request', '{"task":7}', [], nothing],
  ['what is refused for now', body, [], refused],
  ['what finds a defect', body, [], broken],
])('%s is answered as Express and Nest answer it', async (_, sent, headers, before) => {
  const answers: string[] = [];
  const asked: unknown[] = [];
  // With a query it is not plain any more.
  for (const path of ['/api/v1/runs?', '/api/v1/runs']) {
    before();
    const calls = express.mock.calls.length;
    const requests = http.commands.requests.length;
    answers.push(await answerTo(requestOf(path, sent, headers)));
    expect(express.mock.calls.length - calls).toBe(path.endsWith('?') ? 1 : 0);
    asked.push(http.commands.requests.slice(requests));
  }
  expect(answers[0]).toMatch(/^HTTP\/1\.1 [245]\d\d /);
  expect(answers[1]).toBe(answers[0]);
  expect(asked[1]).toEqual(asked[0]);
});

test.each<readonly [string, string, readonly string[], number]>([
  ['what a page of another site sends', body, ['sec-fetch-site: cross-site'], 403],
  ['what a page of this site sends', body, ['sec-fetch-site: same-origin'], 202],
  ['what has another origin', body, ['origin: https://elsewhere.example'], 403],
  ['what is compressed by nothing that is known', body, ['content-encoding: zip'], 415],
  ['a form', 'task=a', ['content-type: application/x-www-form-urlencoded'], 415],
  ['an empty body', '', [], 400],
  ['more than 1 MiB', `"${'x'.repeat(1024 * 1024)}"`, [], 413],
])('%s goes by Express', async (_, sent, headers, status) => {
  const calls = express.mock.calls.length;
  expect(await answerTo(requestOf('/api/v1/runs', sent, headers))).toMatch(
    new RegExp(`^HTTP/1.1 ${status} `),
  );
  expect(express.mock.calls.length - calls).toBe(1);
});

test('a body that comes in pieces, and requests one behind another on a connection, are read whole', async () => {
  const one = requestOf('/api/v1/runs', body).replace('connection: close\r\n', '');
  const bytes = one + requestOf('/api/v1/runs', body);
  const answers = await new Promise<string>((resolve, reject) => {
    const socket = connect(Number(new URL(http.url).port), '127.0.0.1');
    let got = '';
    let sent = 0;
    const next = (): void => {
      if (sent < bytes.length) socket.write(bytes.slice(sent, (sent += 37)), () => setImmediate(next));
    };
    socket
      .setNoDelay(true)
      .setEncoding('utf8')
      .on('data', (text: string) => (got += text));
    socket
      .on('connect', next)
      .on('close', () => resolve(got))
      .on('error', reject);
  });
  expect(answers.split(`{"run":"${RUN}"}`)).toHaveLength(3);
});

test('who goes away in the middle of a body leaves a server that answers', async () => {
  const requests = http.commands.requests.length;
  const gone = new Promise<void>((resolve) => {
    http.app.getHttpServer().once('request', (request: NodeJS.ReadableStream) => {
      request.once('close', resolve);
      socket.destroy();
    });
  });
  const socket = connect(Number(new URL(http.url).port), '127.0.0.1', () =>
    socket.write(requestOf('/api/v1/runs', body).slice(0, -5)),
  );
  await gone;
  expect((await http.post('/api/v1/runs', { task: 'server-a.extract' })).status).toBe(202);
  expect(http.commands.requests.length).toBe(requests + 1);
});
