import 'reflect-metadata';
import { IsIn, IsInt, IsOptional, Matches, Max, Min, MinLength } from 'class-validator';
import { randomBytes } from 'node:crypto';
import { IsListenAddress, IsPostgresUrl } from './rules.js';

export const LOG_LEVELS = ['error', 'warn', 'info', 'debug'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** A whole number within limits, the message naming them. */
function Whole(min: number, max: number): PropertyDecorator {
  const message = `must be a whole number from ${min} to ${max}`;
  return (target, property) => {
    for (const rule of [IsInt({ message }), Min(min, { message }), Max(max, { message })])
      rule(target, property);
  };
}

export const DAY_MS = 86_400_000;

/** The variables that Cerebro reads, by their names, with their defaults; all times in milliseconds. */
export class Environment {
  @Matches(/^[^\s,:]+:\d{1,5}(\s*,\s*[^\s,:]+:\d{1,5})*$/, {
    message: 'must be a list like kafka-1:9092,kafka-2:9092',
  })
  KAFKA_BROKERS = '';

  @IsPostgresUrl({ message: 'must be a URL like postgresql://user:password@host:5432/database' })
  DATABASE_URL = '';

  @Matches(/^[a-zA-Z0-9][a-zA-Z0-9._-]{0,99}$/, {
    message: 'must begin with a letter or digit and have only letters, digits, dots, hyphens and underscores',
  })
  CORDYNA_TOPIC_PREFIX = 'cordyna';

  @Whole(0, 65_535)
  CORDYNA_HTTP_PORT = 7_000;

  @IsListenAddress({
    message:
      'is not a loopback address: there is no sign-in yet, so set CORDYNA_OPEN_BEYOND_LOOPBACK=yes if all who reach it may use it',
  })
  CORDYNA_HTTP_HOST = '127.0.0.1';

  @IsIn(['yes', 'no'], { message: 'must be yes or no' })
  CORDYNA_OPEN_BEYOND_LOOPBACK = 'no';

  @Matches(/^[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$/, {
    message: 'must be 1 to 63 letters, digits, dots, hyphens and underscores, and unique per process',
  })
  CORDYNA_INSTANCE = `cerebro-${randomBytes(4).toString('hex')}`;

  @IsOptional()
  @MinLength(32, {
    message: 'must have at least 32 characters (or be left out: one is kept in the database)',
  })
  CORDYNA_SECRET?: string;

  @Whole(1, 32)
  CORDYNA_REPLICATION_FACTOR = 1;

  @Whole(1, 1_000)
  CORDYNA_PARTITIONS = 12;

  @Whole(0, DAY_MS)
  CORDYNA_STALL_GRACE_MS = 15_000;

  @Whole(500, DAY_MS)
  CORDYNA_LOST_AFTER_MS = 15_000;

  /** The watermark moves twice a second: each of its steps would be the end of a stall. */
  @Whole(1_000, DAY_MS)
  CORDYNA_MAX_WATERMARK_STEP_MS = 3_000;

  /** Above the 5 s by which the broker's fence lets a record's timestamp differ. */
  @Whole(6_000, DAY_MS)
  CORDYNA_SWEEP_AFTER_MS = 12_000;

  @Whole(1, DAY_MS)
  CORDYNA_DEFAULT_ACK_MS = 10_000;

  @Whole(1, 365 * DAY_MS)
  CORDYNA_DEFAULT_START_MS = 600_000;

  @Whole(1, 365 * DAY_MS)
  CORDYNA_DEFAULT_COMPLETE_MS = 1_800_000;

  /** Kafka's brokers take from 6 s by default. */
  @Whole(1_000, 60_000)
  CORDYNA_SESSION_TIMEOUT_MS = 6_000;

  /** At least as long as an idempotency key is good for. */
  @Whole(7, 36_500)
  CORDYNA_RETENTION_DAYS = 30;

  /** Far more than a busy coordinator has on its way. */
  @Whole(100, 10_000_000)
  CORDYNA_MAX_UNPUBLISHED = 50_000;

  /** Of a rule that says nothing else, before its fuse blows. */
  @Whole(1, 1_000_000)
  CORDYNA_FIRINGS_PER_MINUTE = 600;

  @IsIn(LOG_LEVELS, { message: `must be one of ${LOG_LEVELS.join(', ')}` })
  CORDYNA_LOG_LEVEL: LogLevel = 'info';
}
