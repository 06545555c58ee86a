import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort, startKafka, startPostgres, stackConfig } from '../src/index.js';
import { kafkaJars } from '../src/kafka-jars.js';
import { requireReachable } from '../src/postgres-user.js';

let dir: string;
beforeAll(() => void (dir = mkdtempSync(join(tmpdir(), 'stack-errors-'))));
afterAll(() => rmSync(dir, { recursive: true, force: true }));
const quiet = (): void => undefined;

describe('a port in use', () => {
  let server: Server;
  let port: number;
  beforeAll(async () => {
    port = await freePort();
    server = createServer();
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  });
  afterAll(() => void server.close());

  test('is one sentence that names the variable, for Kafka', async () => {
    const start = startKafka({ dir: join(dir, 'kafka'), port });
    await expect(start).rejects.toMatchObject({
      code: 'port_in_use',
      message: `Port ${port} for Kafka is in use: stop what listens there, or set CORDYNA_KAFKA_PORT to a free port.`,
    });
  });

  test('is one sentence that names the variable, for PostgreSQL', async () => {
    await expect(startPostgres({ dir: join(dir, 'postgres'), port })).rejects.toMatchObject({
      code: 'port_in_use',
      message: expect.stringContaining('CORDYNA_POSTGRES_PORT'),
    });
  });
});

describe('the jars of Kafka', () => {
  const config = (env: NodeJS.ProcessEnv) => stackConfig({ XDG_CACHE_HOME: join(dir, 'cache'), ...env });

  test('are those of KAFKA_HOME, before any cache', async () => {
    const libs = join(dir, 'home', 'libs');
    mkdirSync(libs, { recursive: true });
    writeFileSync(join(libs, 'kafka_2.13-4.3.0.jar'), '');
    expect(await kafkaJars(config({ KAFKA_HOME: join(dir, 'home') }), quiet)).toBe(libs);
  });

  test('a KAFKA_HOME without a broker is refused and not passed over', async () => {
    const missing = kafkaJars(config({ KAFKA_HOME: dir }), quiet);
    await expect(missing).rejects.toMatchObject({ code: 'kafka_jars_missing', retriable: false });
  });

  test('without Maven, the sentence says what to install or set', async () => {
    const missing = kafkaJars(config({ MAVEN_HOME: '/nonexistent' }), quiet);
    await expect(missing).rejects.toMatchObject({
      code: 'maven_missing',
      message: expect.stringMatching(/install it \(mvn\).*KAFKA_HOME.*KAFKA_BROKERS/),
    });
  });

  test('a failed download says what Maven said, leaves nothing behind, and may be tried again', async () => {
    const maven = join(dir, 'maven', 'bin');
    mkdirSync(maven, { recursive: true });
    writeFileSync(join(maven, 'mvn'), '#!/bin/sh\necho no route to the repository\nexit 1\n', {
      mode: 0o755,
    });
    const failed = kafkaJars(config({ MAVEN_HOME: join(dir, 'maven') }), quiet);
    await expect(failed).rejects.toMatchObject({
      code: 'kafka_download_failed',
      retriable: true,
      message: expect.stringContaining('no route to the repository'),
    });
    expect(readdirSync(join(dir, 'cache', 'cordyna'))).toEqual([]);
  });

  test('two that fetch at once both end with the whole cache', async () => {
    const maven = join(dir, 'slow-maven', 'bin');
    mkdirSync(maven, { recursive: true });
    const script = '#!/bin/sh\nfor a; do case $a in -DoutputDirectory=*) d=${a#*=};; esac; done\nsleep 0.2\n';
    writeFileSync(join(maven, 'mvn'), `${script}echo x > $d/kafka_2.13-4.3.0.jar\n`, { mode: 0o755 });
    const both = config({ MAVEN_HOME: join(dir, 'slow-maven'), XDG_CACHE_HOME: join(dir, 'two') });
    const found = await Promise.all([kafkaJars(both, quiet), kafkaJars(both, quiet)]);
    expect(found).toEqual([both.kafkaCache, both.kafkaCache]);
    expect(readdirSync(join(dir, 'two', 'cordyna'))).toEqual(['kafka-4.3.0']);
  });
});

test('a directory that PostgreSQL may not enter is said before anything is started', async () => {
  const closed = join(dir, 'closed');
  mkdirSync(join(closed, 'data'), { recursive: true, mode: 0o700 });
  const user = { uid: 12_345, gid: 12_345 };
  await expect(requireReachable(join(closed, 'data'), user, 'set CORDYNA_HOME')).rejects.toMatchObject({
    code: 'directory_unreachable',
    message: expect.stringMatching(/may not enter .*set CORDYNA_HOME, or set DATABASE_URL/),
  });
});
