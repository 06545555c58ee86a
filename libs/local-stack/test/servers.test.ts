import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { brokerAnswers, freePort, processTree, startKafka, startPostgres } from '../src/index.js';
import type { LocalKafka, LocalPostgres } from '../src/index.js';

let dir: string;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'servers-'));
  chmodSync(dir, 0o755);
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

async function query(url: string, text: string): Promise<unknown[]> {
  const client = new pg.Client({
    connectionString: url,
    connectionTimeoutMillis: 5_000,
    query_timeout: 5_000,
  });
  client.on('error', () => undefined);
  await client.connect();
  try {
    return (await client.query(text)).rows;
  } finally {
    await client.end();
  }
}

describe('Kafka on this machine', () => {
  let kafka: LocalKafka;
  let port: number;
  beforeAll(async () => {
    port = await freePort();
    kafka = await startKafka({ dir: join(dir, 'kafka'), port });
  }, 90_000);
  afterAll(() => kafka.stop());

  test('answers on 127.0.0.1 as soon as it is started', async () => {
    expect(kafka.brokers).toEqual([`127.0.0.1:${port}`]);
    expect(await brokerAnswers(port)).toBe(true);
    expect(kafka.running).toBe(true);
  });

  test('is silent while paused, and answers again when resumed', async () => {
    kafka.pause();
    expect(await brokerAnswers(port, 300)).toBe(false);
    kafka.resume();
    expect(await brokerAnswers(port, 10_000)).toBe(true);
  });

  test('comes back on the same port after a kill, and says that it was lost only when nobody asked for it', async () => {
    const losses: unknown[] = [];
    kafka.onLoss((exit) => losses.push(exit));
    await kafka.kill();
    expect(kafka.running).toBe(false);
    expect(await brokerAnswers(port)).toBe(false);
    await kafka.start();
    expect(await brokerAnswers(port)).toBe(true);
    expect(losses).toEqual([]);

    const lost = new Promise((resolve) => kafka.onLoss(resolve));
    process.kill(kafka.pid, 'SIGKILL');
    expect(await lost).toEqual({ code: null, signal: 'SIGKILL' });
  }, 60_000);
});

describe('PostgreSQL on this machine', () => {
  let postgres: LocalPostgres;
  beforeAll(async () => {
    postgres = await startPostgres({ dir: join(dir, 'postgres'), port: await freePort() });
  }, 90_000);
  afterAll(() => postgres.stop());

  test('keeps what was committed over a kill of all its processes and over a stop', async () => {
    await query(postgres.url, 'CREATE TABLE kept AS SELECT 1 AS id');
    const tree = processTree(postgres.pid);
    expect(tree.length).toBeGreaterThan(1);
    await postgres.kill();
    await postgres.start();
    expect(await query(postgres.url, 'SELECT id FROM kept')).toEqual([{ id: 1 }]);
    await postgres.restart();
    expect(await query(postgres.url, 'SELECT id FROM kept')).toEqual([{ id: 1 }]);
  }, 60_000);

  test('a session hears nothing while it is paused, and its answer when it is resumed', async () => {
    const client = new pg.Client({ connectionString: postgres.url });
    await client.connect();
    postgres.pause();
    let answered = false;
    const answer = client.query('SELECT 2 AS two').then((result) => {
      answered = true;
      return result.rows;
    });
    await expect(query(postgres.url, 'SELECT 1')).rejects.toThrow();
    expect(answered).toBe(false);
    postgres.resume();
    expect(await answer).toEqual([{ two: 2 }]);
    await client.end();
  });

  test('is not open without the password', async () => {
    const url = postgres.url.replace(':cordyna@', ':wrong@');
    await expect(query(url, 'SELECT 1')).rejects.toThrow(/password authentication failed/);
  });
});
