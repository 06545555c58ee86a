import { TaskServerError } from '../errors.js';
import type { RuntimeOptions } from './options.js';

type FromEnvironment = Pick<
  RuntimeOptions,
  'brokers' | 'topicPrefix' | 'concurrency' | 'queueLimit' | 'drainMs'
>;

/**
 * The options that a deployment sets: `KAFKA_BROKERS` (`host:port`, several separated by commas; required),
 * `CORDYNA_TOPIC_PREFIX`, `CORDYNA_CONCURRENCY`, `CORDYNA_QUEUE_LIMIT`, `CORDYNA_DRAIN_MS`.
 * @throws TaskServerError `invalid_options` that names the variable
 */
export function optionsFromEnvironment(
  env: Readonly<Record<string, string | undefined>> = process.env,
): FromEnvironment {
  const { KAFKA_BROKERS: brokers, CORDYNA_TOPIC_PREFIX: topicPrefix } = env;
  if (!brokers) {
    throw new TaskServerError('invalid_options', 'KAFKA_BROKERS is not set; set it to e.g. "localhost:9092"');
  }
  return {
    brokers,
    ...(topicPrefix ? { topicPrefix } : {}),
    ...whole('concurrency', 'CORDYNA_CONCURRENCY', env['CORDYNA_CONCURRENCY']),
    ...whole('queueLimit', 'CORDYNA_QUEUE_LIMIT', env['CORDYNA_QUEUE_LIMIT']),
    ...whole('drainMs', 'CORDYNA_DRAIN_MS', env['CORDYNA_DRAIN_MS']),
  };
}

function whole(option: keyof FromEnvironment, variable: string, text: string | undefined): object {
  if (text === undefined || text === '') return {};
  if (/^\d{1,15}$/.test(text)) return { [option]: Number(text) };
  throw new TaskServerError(
    'invalid_options',
    `${variable} must be a whole number, not ${JSON.stringify(text)}`,
  );
}
