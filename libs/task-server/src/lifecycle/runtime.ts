import { hostname } from 'node:os';
import type { BusConfig } from '@cordyna/bus';
import { topicsOf } from '@cordyna/protocol/wire';
import { TaskServerError } from '../errors.js';
import type { TaskServerLog } from '../log.js';
import { errorText, logToStdout } from '../log.js';
import type { RuntimeOptions } from './options.js';

/** The options, checked, with every default filled in. */
export interface Runtime {
  readonly bus: BusConfig;
  readonly topicPrefix: string | undefined;
  readonly concurrency: number;
  readonly queueLimit: number;
  readonly drainMs: number;
  readonly log: TaskServerLog;
}

const DEFAULT_CONCURRENCY = 10;
const DEFAULT_DRAIN_MS = 30_000;

/** @throws TaskServerError `invalid_options` */
export function runtimeOf(server: string, options: RuntimeOptions): Runtime {
  const list = typeof options.brokers === 'string' ? options.brokers.split(',') : options.brokers;
  const brokers = (list ?? []).map((broker) => broker.trim()).filter((broker) => broker !== '');
  if (brokers.length === 0) {
    throw invalid('brokers', 'name at least one Kafka broker, e.g. "localhost:9092"');
  }
  try {
    topicsOf(options.topicPrefix);
  } catch (error) {
    throw invalid('topicPrefix', errorText(error));
  }
  const concurrency = whole('concurrency', options.concurrency ?? DEFAULT_CONCURRENCY, 1);
  const log = options.log ?? logToStdout;
  return {
    bus: {
      brokers,
      clientId: `${server}@${hostname()}`,
      tls: options.tls,
      sasl: options.sasl,
      // What the client library says while it reconnects by itself is noise.
      log: (level, message, details) => {
        if (level === 'error' || level === 'warn') log(level, message, details);
      },
    },
    topicPrefix: options.topicPrefix,
    concurrency,
    queueLimit: whole('queueLimit', options.queueLimit ?? 10 * concurrency, 0),
    drainMs: whole('drainMs', options.drainMs ?? DEFAULT_DRAIN_MS, 0),
    log,
  };
}

function whole(name: string, value: number, min: number): number {
  if (Number.isSafeInteger(value) && value >= min) return value;
  throw invalid(name, `${JSON.stringify(value)} must be a whole number from ${min} on`);
}

const invalid = (option: string, problem: string): TaskServerError =>
  new TaskServerError('invalid_options', `option "${option}": ${problem}`);
