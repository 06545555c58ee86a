import { inspect } from 'node:util';
import { describe, expect, test } from '@jest/globals';
import { ConfigError, isLoopback, loadConfig, VARIABLES } from '../../src/config/index.js';

const least = {
  KAFKA_BROKERS: '127.0.0.1:9092',
  DATABASE_URL: 'postgresql://me:hunter2@127.0.0.1:5432/cordyna',
};

function problemsOf(env: NodeJS.ProcessEnv): readonly string[] {
  try {
    loadConfig(env);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
}

describe('the configuration', () => {
  test('has a default for all but Kafka and PostgreSQL', () => {
    const config = loadConfig(least);
    expect(config).toMatchObject({
      kafkaBrokers: ['127.0.0.1:9092'],
      topicPrefix: 'cordyna',
      http: { host: '127.0.0.1', port: 7000 },
      secret: null,
      topics: { partitions: 12, replicationFactor: 1 },
      stallGraceMs: 15_000,
      lostAfterMs: 15_000,
      maxWatermarkStepMs: 3_000,
      sweepAfterMs: 12_000,
      defaultTimeouts: { ackMs: 10_000, startMs: 600_000, completeMs: 1_800_000 },
      sessionTimeoutMs: 6_000,
      retentionMs: 30 * 86_400_000,
      maxUnpublished: 50_000,
      firingsPerMinute: 600,
      logLevel: 'info',
    });
    expect(config.databaseUrl.reveal()).toBe(least.DATABASE_URL);
  });

  test('gives every process another instance name unless one is set', () => {
    expect(loadConfig(least).instance).toMatch(/^cerebro-[0-9a-f]{8}$/);
    expect(loadConfig(least).instance).not.toBe(loadConfig(least).instance);
    expect(loadConfig({ ...least, CORDYNA_INSTANCE: 'cerebro-1' }).instance).toBe('cerebro-1');
  });

  test('reads each variable that it names', () => {
    const env = {
      KAFKA_BROKERS: 'a:1, b:2',
      DATABASE_URL: 'postgres:///db?host=/var/run/postgresql',
      CORDYNA_TOPIC_PREFIX: 'blue',
      CORDYNA_HTTP_PORT: '0',
      CORDYNA_HTTP_HOST: '0.0.0.0',
      CORDYNA_OPEN_BEYOND_LOOPBACK: 'yes',
      CORDYNA_INSTANCE: 'one',
      CORDYNA_SECRET: 's'.repeat(32),
      CORDYNA_REPLICATION_FACTOR: '3',
      CORDYNA_PARTITIONS: '6',
      CORDYNA_STALL_GRACE_MS: '1',
      CORDYNA_LOST_AFTER_MS: '2000',
      CORDYNA_MAX_WATERMARK_STEP_MS: '1300',
      CORDYNA_SWEEP_AFTER_MS: '6000',
      CORDYNA_DEFAULT_ACK_MS: '5',
      CORDYNA_DEFAULT_START_MS: '6',
      CORDYNA_DEFAULT_COMPLETE_MS: '7',
      CORDYNA_SESSION_TIMEOUT_MS: '9000',
      CORDYNA_RETENTION_DAYS: '7',
      CORDYNA_MAX_UNPUBLISHED: '1000',
      CORDYNA_FIRINGS_PER_MINUTE: '5',
      CORDYNA_LOG_LEVEL: 'debug',
    };
    expect(Object.keys(env).sort()).toEqual([...VARIABLES].sort());
    const { databaseUrl, secret, ...config } = loadConfig(env);
    expect(databaseUrl.reveal()).toBe(env.DATABASE_URL);
    expect(secret?.reveal()).toBe(env.CORDYNA_SECRET);
    expect(config).toEqual({
      kafkaBrokers: ['a:1', 'b:2'],
      topicPrefix: 'blue',
      http: { host: '0.0.0.0', port: 0 },
      instance: 'one',
      topics: { partitions: 6, replicationFactor: 3 },
      stallGraceMs: 1,
      lostAfterMs: 2000,
      maxWatermarkStepMs: 1_300,
      sweepAfterMs: 6000,
      defaultTimeouts: { ackMs: 5, startMs: 6, completeMs: 7 },
      sessionTimeoutMs: 9000,
      retentionMs: 604_800_000,
      maxUnpublished: 1000,
      firingsPerMinute: 5,
      logLevel: 'debug',
    });
  });

  test('lists every variable that is wrong at once', () => {
    const problems = problemsOf({
      DATABASE_URL: 'mysql://me:hunter2@x/y',
      CORDYNA_HTTP_PORT: '70000',
      CORDYNA_PARTITIONS: '1.5',
      CORDYNA_LOG_LEVEL: 'loud',
      CORDYNA_RETENTION_DAYS: '6',
      CORDYNA_SECRET: 'short-one',
    });
    const names = problems.map((problem) => problem.split(' ')[0]).sort();
    const secretNames = ['CORDYNA_SECRET', 'DATABASE_URL'];
    expect(names).toEqual(
      [
        'CORDYNA_HTTP_PORT',
        'CORDYNA_LOG_LEVEL',
        'CORDYNA_PARTITIONS',
        'CORDYNA_RETENTION_DAYS',
        'KAFKA_BROKERS',
        ...secretNames,
      ].sort(),
    );
    expect(problems.join()).not.toMatch(/hunter2|short-one/);
  });

  test('listens beyond loopback only when that is meant', () => {
    expect(problemsOf({ ...least, CORDYNA_HTTP_HOST: '0.0.0.0' })).toHaveLength(1);
    expect(
      problemsOf({ ...least, CORDYNA_HTTP_HOST: '10.0.0.7', CORDYNA_OPEN_BEYOND_LOOPBACK: 'no' }),
    ).toHaveLength(1);
    expect(problemsOf({ ...least, CORDYNA_HTTP_HOST: '::1' })).toEqual([]);
    expect(['127.9.9.9', 'localhost', '::1'].every(isLoopback)).toBe(true);
    expect(['::', '0.0.0.0', '128.0.0.1', 'localhost.example.org', ''].some(isLoopback)).toBe(false);
  });

  test('takes an empty variable as one that is not set', () => {
    expect(loadConfig({ ...least, CORDYNA_TOPIC_PREFIX: '', CORDYNA_HTTP_PORT: ' ' }).http.port).toBe(7000);
    expect(problemsOf({ ...least, KAFKA_BROKERS: '' })).toHaveLength(1);
  });

  test('never shows a secret, and cannot be changed', () => {
    const config = loadConfig({ ...least, CORDYNA_SECRET: 'correct horse battery staple 1234' });
    for (const shown of [
      JSON.stringify(config),
      inspect(config, { depth: 9, showHidden: true }),
      `${config.databaseUrl}`,
    ])
      expect(shown).not.toMatch(/hunter2|correct horse/);
    expect(Object.isFrozen(config.http)).toBe(true);
    expect(() => Object.assign(config.topics, { partitions: 1 })).toThrow(TypeError);
  });
});
