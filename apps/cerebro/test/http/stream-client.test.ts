import { afterEach, expect, test } from '@jest/globals';
import { createServer, type Server, type ServerResponse } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { StreamClient } from '../../src/http/stream/stream-client.js';

const LIMIT_MS = 30_000;
let server: Server;
let reader: Socket;

afterEach(async () => {
  reader.destroy();
  await new Promise((resolve) => server.close(resolve));
});

/** A stream to a socket that reads nothing until it is told to. */
async function open(): Promise<{ response: ServerResponse; client: StreamClient }> {
  return new Promise((resolve, reject) => {
    server = createServer((_, response) => {
      resolve({ response, client: new StreamClient(response, undefined, 'all-1') });
    });
    server.on('error', reject).listen(0, '127.0.0.1', () => {
      reader = connect((server.address() as AddressInfo).port, '127.0.0.1').pause();
      reader.on('error', () => undefined).write('GET / HTTP/1.1\r\nhost: x\r\n\r\n');
    });
  });
}

const row = { run: 'r', cursor: 'all-2', key: 'r/1', block: `data: ${'x'.repeat(1024 * 1024)}\n\n` };
/** More than the network's buffers hold. */
const fill = (client: StreamClient): void => {
  for (let n = 0; n < 32; n++) client.takeOwn([row], 'all-2', false, false, 0);
};

test('a client that reads nothing for 30 s is cut off', async () => {
  const { response, client } = await open();
  fill(client);
  expect(client.isBehind(0)).toBe(false);
  client.ping(1_000, LIMIT_MS);
  client.ping(1_000 + LIMIT_MS - 1, LIMIT_MS);
  expect(response.destroyed).toBe(false);
  client.ping(1_000 + LIMIT_MS, LIMIT_MS);
  expect(response.destroyed).toBe(true);
});

test('a slow one that has caught up meanwhile keeps its stream', async () => {
  const { response, client } = await open();
  fill(client);
  client.ping(1_000, LIMIT_MS);
  reader.resume();
  await new Promise((resolve) => response.once('drain', resolve));
  client.ping(20_000, LIMIT_MS);
  reader.pause();
  fill(client);
  client.ping(25_000, LIMIT_MS);
  client.ping(25_000 + LIMIT_MS - 1, LIMIT_MS);
  expect(response.destroyed).toBe(false);
});
