import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { awaitUntil, tcpProxy, type TcpProxy } from '../src/index.js';

/** A server that sends back what it gets, in capitals. */
let echo: Server;
let proxy: TcpProxy;

beforeAll(async () => {
  echo = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.on('data', (chunk) => socket.write(chunk.toString().toUpperCase()));
  });
  await new Promise<void>((resolve) => echo.listen(0, '127.0.0.1', resolve));
});
afterAll(() => void echo.close());

beforeEach(async () => {
  proxy = await tcpProxy({ target: { host: '127.0.0.1', port: (echo.address() as AddressInfo).port } });
});

async function client(): Promise<{ socket: Socket; heard: () => string; error: () => string | undefined }> {
  const socket = connect(proxy.port, '127.0.0.1');
  let heard = '';
  let error: string | undefined;
  socket.on('data', (chunk) => (heard += chunk.toString()));
  socket.on('error', (cause: NodeJS.ErrnoException) => (error = cause.code));
  await new Promise((resolve) => socket.once('connect', resolve));
  return { socket, heard: () => heard, error: () => error };
}

test('passes on both ways, and ends with its connections', async () => {
  const { socket, heard } = await client();
  socket.write('hello');
  await awaitUntil('the answer came', () => heard() === 'HELLO');
  expect(proxy.connections).toBe(1);
  socket.end();
  await awaitUntil('the connection is gone', () => proxy.connections === 0);
});

test('holds the bytes of one direction and releases them in order', async () => {
  const { socket, heard } = await client();
  proxy.hold('toServer');
  socket.write('one ');
  await awaitUntil('the first are held', () => proxy.heldBytes('toServer') === 4);
  socket.write('two ');
  await awaitUntil('all are held', () => proxy.heldBytes('toServer') === 8);
  expect(heard()).toBe('');
  proxy.hold('toClient');
  proxy.release('toServer');
  await awaitUntil('the answer is held', () => proxy.heldBytes('toClient') === 8);
  expect(heard()).toBe('');
  proxy.release();
  await awaitUntil('all came in order', () => heard() === 'ONE TWO ');
  socket.end();
});

test('delays', async () => {
  const { socket, heard } = await client();
  proxy.delay(100);
  const begun = performance.now();
  socket.write('late');
  await awaitUntil('the answer came', () => heard() === 'LATE', { everyMs: 1 });
  expect(performance.now() - begun).toBeGreaterThanOrEqual(195); // both ways
  socket.end();
});

test('loses what flows while it is a black hole, and nothing after', async () => {
  const { socket, heard } = await client();
  proxy.blackHole();
  socket.write('lost');
  const second = await client();
  second.socket.write('lost too');
  await awaitUntil('both were written', () => socket.bytesWritten === 4 && second.socket.bytesWritten === 8);
  proxy.hold('toServer');
  proxy.restore();
  socket.write('kept');
  await awaitUntil('the last came to the proxy', () => proxy.heldBytes('toServer') > 0);
  proxy.release();
  await awaitUntil('an answer came', () => heard().endsWith('KEPT'));
  socket.end();
  second.socket.end();
});

test('resets all connections and takes new ones', async () => {
  const first = await client();
  first.socket.write('x');
  await awaitUntil('the answer came', () => first.heard() === 'X');
  proxy.reset();
  await awaitUntil('the connection was reset', () => first.error() === 'ECONNRESET');
  const second = await client();
  second.socket.write('y');
  await awaitUntil('the answer came', () => second.heard() === 'Y');
  second.socket.end();
});

test('stops a sender in the middle of what it says', async () => {
  const { socket, heard } = await client();
  let isSprung = false;
  const onSprung = (): void => void (isSprung = true);
  proxy.trap({ direction: 'toServer', after: 'begin', mark: 'commit', onSprung });
  socket.write('commit ');
  await awaitUntil('what comes before passes', () => heard() === 'COMMIT ');
  socket.write('begin, write, commit, more');
  await awaitUntil('the first half passed', () => heard() === 'COMMIT BEGIN, WRITE, ');
  expect(isSprung).toBe(true);
  socket.write(' and more');
  await awaitUntil('the rest is kept', () => proxy.heldBytes('toServer') === 'commit, more and more'.length);
  proxy.release('toServer');
  await awaitUntil('all has passed', () => heard().endsWith('COMMIT, MORE AND MORE'));
  socket.end();
});
