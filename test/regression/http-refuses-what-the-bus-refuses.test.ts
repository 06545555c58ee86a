import { randomUUID } from 'node:crypto';
import { request as httpRequest } from 'node:http';
import { json } from 'node:stream/consumers';
import { beforeAll, expect, jest, test } from '@jest/globals';
import { installation, scriptedServer, type Installation, type ScriptedServer } from '@cordyna/testkit';

jest.setTimeout(60_000);

const MIB = 1024 * 1024;
const NOBODY = '01a1fc84-0709-76b8-9b24-c560252f0502';
const JSON_TYPE = 'application/json';
const runOf = (args: unknown): string => JSON.stringify({ task: 'desk.good', args });
const deep = runOf('HERE').replace('"HERE"', `${'['.repeat(20_000)}${']'.repeat(20_000)}`);

let cordyna: Installation;
let server: ScriptedServer;

beforeAll(async () => {
  cordyna = await installation({ coordinators: 2 });
  const argsSchema = { type: 'object', properties: { day: { type: 'string' } } };
  const tasks = [{ name: 'good', argsSchema, timeouts: { ackMs: 300_000 } }];
  server = await scriptedServer(cordyna.brokers, cordyna.prefix, { server: 'desk', tasks });
}, 120_000);

/** The bytes as they are, which a client that only sends JSON could not. */
function post(path: string, body: string | Buffer, type: string): Promise<object> {
  const bytes = Buffer.from(body);
  const headers = { 'content-type': type, 'content-length': bytes.length };
  return new Promise((resolve, reject) => {
    const request = httpRequest(
      `${cordyna.cerebros[0]!.url}${path}`,
      { method: 'POST', headers, timeout: 15_000 },
      (response) => {
        // The server may answer and close before it has read all.
        request.off('error', reject).on('error', () => undefined);
        json(response).then((problem) => {
          resolve({ status: response.statusCode, mediaType: response.headers['content-type'], problem });
        }, reject);
      },
    );
    request.on('error', reject).on('timeout', () => request.destroy(new Error('no answer')));
    request.end(bytes);
  });
}

/** What is sent, the answer's status and kind of problem. */
const REFUSED: readonly (readonly [string, number, string, string | Buffer])[] = [
  ['malformed JSON', 400, 'malformed-request', '{"task": '],
  ['no body', 400, 'malformed-request', ''],
  ['bytes that are not UTF-8', 400, 'malformed-request', Buffer.from([0x22, 0xff, 0x22])],
  ['a NUL character', 400, 'malformed-request', runOf({ day: 'a\u0000b' })],
  ['nesting of 20,000', 400, 'malformed-request', deep],
  ['1.5 MiB', 413, 'body-too-large', runOf({ day: 'x'.repeat(1.5 * MIB) })],
  ['text', 415, 'unsupported-media-type', runOf({})],
  ['wrong types', 422, 'invalid-body', '{"task": 5, "args": []}'],
  ['a list', 422, 'invalid-body', '[]'],
  ['neither task nor job', 422, 'invalid-body', '{}'],
  ['both task and job', 422, 'invalid-body', '{"task": "desk.good", "job": "nightly"}'],
  ['arguments that the schema refuses', 422, 'invalid-args', runOf({ day: 5 })],
  ['arguments of a stranger', 422, 'invalid-args', '{"task": "desk.good", "taskArgs": {"desk.other": {}}}'],
  ['an unknown task', 404, 'unknown-task', '{"task": "no.body"}'],
  ['an unknown job', 404, 'unknown-job', '{"job": "nightly"}'],
];

test.each(REFUSED)(
  '%s is answered %i %s, and the next good request is a run',
  async (what, status, kind, body) => {
    const answer = await post('/api/v1/runs', body, what === 'text' ? 'text/plain' : JSON_TYPE);
    expect(answer).toMatchObject({
      status,
      mediaType: expect.stringContaining('application/problem+json'),
      problem: { type: `/problems/${kind}`, status, instance: '/api/v1/runs', title: expect.any(String) },
    });
    const run = randomUUID();
    expect(await post('/api/v1/runs', JSON.stringify({ task: 'desk.good', run }), JSON_TYPE)).toMatchObject({
      status: 202,
      problem: { run },
    });
    await server.untilInvoked(run, 'desk.good');
  },
);

test.each([
  ['GET', '/api/v1/runs/not-a-uuid', 400, 'invalid-parameter'],
  ['GET', `/api/v1/runs/${NOBODY}`, 404, 'unknown-run'],
  ['GET', `/api/v1/runs/${NOBODY}/history`, 404, 'unknown-run'],
  ['POST', `/api/v1/runs/${NOBODY}/cancel`, 404, 'unknown-run'],
  ['POST', `/api/v1/runs/${NOBODY}/retry`, 404, 'unknown-run'],
  ['GET', '/api/v1/runs?limit=many', 400, 'invalid-parameter'],
  ['GET', '/api/v1/runs?cursor=made%20up', 400, 'invalid-parameter'],
  ['GET', '/api/v1/nothing', 404, 'no-such-route'],
])('%s %s is answered %i %s', async (method, path, status, kind) => {
  const answer = await cordyna.api.request(method, path);
  expect(answer).toMatchObject({ status, body: { type: `/problems/${kind}`, status } });
});

test('what is refused over HTTP is no dead letter, and no coordinator has ended', async () => {
  expect(await cordyna.dump('dead-letters')).toEqual([]);
  expect(cordyna.cerebros.map(({ process }) => process.exit)).toEqual([undefined, undefined]);
});
