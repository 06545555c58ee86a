import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import fc from 'fast-check';
import { connect } from 'node:net';
import { httpApp, type HttpApp } from './support/http-app.js';

jest.setTimeout(60_000);

let http: HttpApp;

beforeAll(async () => {
  http = await httpApp();
});
afterAll(() => http.close());

/** Sends the bytes as they are; gives all that comes back until the server ends the connection. */
function exchange(bytes: string, end: boolean, more: (got: string) => string = () => ''): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(Number(new URL(http.url).port), '127.0.0.1');
    let got = '';
    socket.setEncoding('utf8').setTimeout(20_000, () => socket.destroy(new Error('the server keeps silent')));
    socket.on('data', (text: string) => {
      got += text;
      const next = more(got);
      if (next !== '') socket.write(next);
    });
    socket.on('close', () => resolve(got));
    // It may have been answered and closed before all was sent.
    socket.on('error', (error: NodeJS.ErrnoException) => error.code === undefined && reject(error));
    if (end) socket.end(bytes);
    else socket.write(bytes);
  });
}

const problemIn = (answer: string): unknown => JSON.parse(answer.slice(answer.indexOf('\r\n\r\n') + 4));

test.each([
  ['what is no HTTP', '\u0016\u0003\u0001 hello\r\n\r\n', 400, 'malformed-request'],
  ['a request without a host', 'GET / HTTP/1.1\r\nx: \u0000\r\n\r\n', 400, 'malformed-request'],
  [
    'a wrong length',
    'POST /api/v1/runs HTTP/1.1\r\nhost: x\r\ncontent-length: -1\r\n\r\n',
    400,
    'malformed-request',
  ],
  [
    'two lengths',
    'POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n',
    400,
    'malformed-request',
  ],
  [
    'headers of 20 KiB',
    `GET / HTTP/1.1\r\nhost: x\r\na: ${'b'.repeat(20_480)}\r\n\r\n`,
    431,
    'headers-too-large',
  ],
])('%s is answered with a problem, and the connection ends', async (_, bytes, status, kind) => {
  const answer = await exchange(bytes, false);
  expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status} [^]*content-type: application/problem\\+json`));
  expect(problemIn(answer)).toMatchObject({
    ...{ type: `/problems/${kind}`, status, instance: '/' },
    detail: expect.any(String),
  });
});

test('what is no HTTP is answered on a connection that was good until then', async () => {
  const request = 'GET /health/live HTTP/1.1\r\nhost: x\r\n\r\n';
  const after = (got: string) => (got.endsWith('{"status":"ok"}') ? '{"no":"request"}\r\n\r\n' : '');
  const answer = await exchange(request, false, after);
  expect(answer).toMatch(
    /^HTTP\/1.1 200 OK[^]*{"status":"ok"}HTTP\/1.1 400 Bad Request[^]*malformed-request/,
  );
});

test('the answer to a HEAD that cannot be read has no body', async () => {
  const answer = await exchange('HEAD /\u00ff HTTP/1.1\r\nhost: x\r\n\r\n', false);
  expect(answer).toMatch(/^HTTP\/1.1 400 Bad Request[^]*\r\n\r\n$/);
});

test('an open stream is cut, without a word in its midst, when its client sends what is no HTTP', async () => {
  const stream = 'GET /api/v1/stream HTTP/1.1\r\nhost: x\r\n\r\n';
  const answer = await exchange(stream, false, (got) => (got.includes('retry: ') ? '{"no":"request"}' : ''));
  expect(answer).toContain('text/event-stream');
  expect(answer).not.toContain('malformed-request');
});

test('an expectation that nobody knows is ignored', async () => {
  const request = 'GET /health/live HTTP/1.1\r\nhost: x\r\nexpect: wonders\r\nconnection: close\r\n\r\n';
  expect(await exchange(request, false)).toContain('{"status":"ok"}');
});

test('any bytes on 500 connections leave a server that answers', async () => {
  const parts = fc.constantFrom(
    ...[
      'GET ',
      'POST ',
      '/health/live',
      ' HTTP/1.1\r\n',
      'host: x\r\n',
      '\r\n',
      'content-length: 5\r\n',
      ': ',
      '\n',
    ],
    ...[
      'transfer-encoding: chunked\r\n',
      '5\r\n',
      '0\r\n\r\n',
      'upgrade: h2c\r\n',
      'connection: upgrade\r\n',
      '\u0000',
    ],
    ...['CONNECT x:1', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 'trailer: a\r\n', 'content-encoding: gzip\r\n'],
  );
  const piece = fc.oneof(
    { weight: 6, arbitrary: parts },
    { weight: 1, arbitrary: fc.string({ unit: 'binary' }) },
  );
  const inputs = fc.sample(fc.array(piece, { maxLength: 12 }), { numRuns: 500, seed: 1 });
  const worker = async (): Promise<void> => {
    for (let input = inputs.pop(); input; input = inputs.pop()) {
      const answer = await exchange(input.join(''), true);
      if (answer !== '') expect(answer).toMatch(/^HTTP\/1.1 [1-4]\d\d /);
    }
  };
  await Promise.all(Array.from({ length: 8 }, worker));
  expect((await http.get('/health/live')).status).toBe(200);
});
