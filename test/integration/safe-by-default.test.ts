import { connect } from 'node:net';
import { expect, test } from '@jest/globals';
import { appEntry, awaitUntil, startCerebro, startProcess } from '@cordyna/testkit';

/** Nothing answers there: what is tested here comes before Kafka and PostgreSQL are needed. */
const NOWHERE = {
  brokers: ['127.0.0.1:1'],
  prefix: 'safe',
  databaseUrl: 'postgresql://nobody@127.0.0.1:1/none',
};

const accepts = (host: string, port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect({ host, port, timeout: 5_000 });
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('timeout', () => resolve(false)).once('close', () => socket.destroy());
    socket.once('connect', () => socket.end());
  });

test('without being told otherwise Cerebro listens on 127.0.0.1 and nowhere else', async () => {
  const { port } = await startCerebro({ ...NOWHERE, readyMs: 0 });
  await awaitUntil('it listens', () => accepts('127.0.0.1', port), { timeoutMs: 60_000 });
  // Would answer too if it listened on all addresses of this machine.
  expect(await accepts('127.0.0.2', port)).toBe(false);
  expect(await accepts('::1', port)).toBe(false);
}, 90_000);

test('Cerebro does not start on an address that others reach, unless that is meant', async () => {
  const env = {
    KAFKA_BROKERS: NOWHERE.brokers[0],
    DATABASE_URL: NOWHERE.databaseUrl,
    CORDYNA_HTTP_PORT: '0',
    CORDYNA_HTTP_HOST: '0.0.0.0',
  };
  const command = ['node', appEntry('cerebro')] as const;
  const refused = await startProcess({ name: 'cerebro', command, env });
  expect(await refused.exited).toMatchObject({ code: 2 });
  expect(refused.output()).toMatch(
    /CORDYNA_HTTP_HOST is not a loopback address.*CORDYNA_OPEN_BEYOND_LOOPBACK=yes/,
  );
  const meant = await startProcess({
    ...{ name: 'cerebro', command },
    env: { ...env, CORDYNA_OPEN_BEYOND_LOOPBACK: 'yes' },
  });
  await meant.waitForOutput(/listens on http:\/\/0\.0\.0\.0:/, 60_000);
}, 90_000);
