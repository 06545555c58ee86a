import type { BusConfig } from '../port.js';
import { logToStderr, kafkajsLogCreator } from './logging.js';
import { Sockets } from './sockets.js';

const CONNECTION_TIMEOUT_MS = 3_000;
const REQUEST_TIMEOUT_MS = 10_000;

/** kafkajs' settings with every default written out: its own change when NODE_ENV is `test`. */
export interface ClientSettings {
  readonly brokers: string[];
  readonly clientId: string;
  readonly ssl: object | true | undefined;
  readonly sasl: object | undefined;
  readonly connectionTimeout: number;
  readonly authenticationTimeout: number;
  readonly requestTimeout: number;
  readonly enforceRequestTimeout: true;
  readonly retry: RetrySettings;
  readonly socketFactory: Sockets['factory'];
  readonly logLevel: number;
  readonly logCreator: ReturnType<typeof kafkajsLogCreator>;
}

export interface RetrySettings {
  readonly initialRetryTime: number;
  readonly maxRetryTime: number;
  readonly multiplier: number;
  readonly factor: number;
  readonly retries: number;
}

/** Short: what does not pass soon is the supervisor's, which waits for brokers for as long as it takes. */
export const RETRY: RetrySettings = {
  initialRetryTime: 50,
  maxRetryTime: 1_000,
  multiplier: 2,
  factor: 0.2,
  retries: 3,
};
const LOG_INFO = 4;

export const requestTimeoutMsOf = (config: BusConfig): number =>
  config.requestTimeoutMs ?? REQUEST_TIMEOUT_MS;
export const logOf = (config: BusConfig): NonNullable<BusConfig['log']> => config.log ?? logToStderr;

/** Each client has sockets of its own, so that one that hangs can be cut off without its cooperation. */
export function clientSettings(config: BusConfig): { settings: ClientSettings; sockets: Sockets } {
  const connectionTimeoutMs = config.connectionTimeoutMs ?? CONNECTION_TIMEOUT_MS;
  const sockets = new Sockets({ noDelay: config.socketNoDelay ?? true, connectionTimeoutMs });
  const settings: ClientSettings = {
    brokers: [...config.brokers],
    clientId: config.clientId,
    ssl: config.tls === undefined || config.tls === true ? config.tls : { ...config.tls },
    sasl: config.sasl === undefined ? undefined : { ...config.sasl },
    connectionTimeout: connectionTimeoutMs,
    authenticationTimeout: connectionTimeoutMs,
    requestTimeout: requestTimeoutMsOf(config),
    enforceRequestTimeout: true,
    retry: RETRY,
    socketFactory: sockets.factory,
    logLevel: LOG_INFO,
    logCreator: kafkajsLogCreator(logOf(config)),
  };
  return { settings, sockets };
}
