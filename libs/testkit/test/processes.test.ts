import { expect, test } from '@jest/globals';
import { createServer } from 'node:net';
import { freePort, leakCheck, startProcess } from '../src/index.js';

const IDLE = 'setInterval(() => {}, 1000)';

test('a started process gets the given environment and nothing of ours', async () => {
  process.env['CORDYNA_HTTP_PORT'] = '1';
  const script =
    'console.log(`env ${process.env.CORDYNA_HTTP_PORT} ${process.env.GIVEN} ${!!process.env.PATH}`)';
  const child = await startProcess({ name: 'env', command: ['node', '-e', script], env: { GIVEN: 'yes' } });
  delete process.env['CORDYNA_HTTP_PORT'];
  const [, seen, given, path] = await child.waitForOutput(/env (\S+) (\S+) (\S+)/);
  expect([seen, given, path]).toEqual(['undefined', 'yes', 'true']);
  expect(await child.exited).toEqual({ code: 0, signal: null });
});

test('output that does not come is an error that shows what came instead', async () => {
  const child = await startProcess({
    name: 'quiet',
    command: ['node', '-e', `console.log('other'); ${IDLE}`],
  });
  await child.waitForOutput(/other/);
  await expect(child.waitForOutput(/wanted/, 50)).rejects.toThrow(
    /quiet writes \/wanted\/.*it wrote:\nother/s,
  );
  expect(await child.kill()).toEqual({ code: null, signal: 'SIGKILL' });
});

test('stop gives the process time to end by itself', async () => {
  const script = `process.on('SIGTERM', () => { console.log('draining'); process.exit(3); }); console.log('up'); ${IDLE}`;
  const child = await startProcess({ name: 'drain', command: ['node', '-e', script] });
  await child.waitForOutput(/up/);
  expect(await child.stop()).toEqual({ code: 3, signal: null });
  expect(child.output()).toContain('draining');
});

test('the leak check finds a server and a process that are left, and is content when they are gone', async () => {
  const check = leakCheck();
  const server = createServer();
  const port = await freePort();
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  await expect(check(50)).rejects.toThrow(/TCPServerWrap: 1, before 0/);
  await new Promise((resolve) => server.close(resolve));
  const child = await startProcess({ name: 'left', command: ['node', '-e', IDLE] });
  await expect(check(50)).rejects.toThrow(/children: \d+, before \d/);
  await child.kill();
  await check();
});
