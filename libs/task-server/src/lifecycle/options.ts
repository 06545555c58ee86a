import type { TaskServerError } from '../errors.js';
import type { TaskServerLog } from '../log.js';

/** PEM texts. */
export interface TlsOptions {
  readonly ca?: readonly string[];
  readonly cert?: string;
  readonly key?: string;
  readonly servername?: string;
}

export interface SaslOptions {
  readonly mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512';
  readonly username: string;
  readonly password: string;
}

/** How an instance runs; nothing of it is declared. */
export interface RuntimeOptions {
  /** `host:port`, several as a list or separated by commas. */
  readonly brokers: readonly string[] | string;
  /** True: with the system's authorities. */
  readonly tls?: TlsOptions | true;
  readonly sasl?: SaslOptions;
  /** Default `cordyna`: one prefix is one isolated installation. */
  readonly topicPrefix?: string;
  /** How many handlers run at once; default 10. */
  readonly concurrency?: number;
  /** How many more invocations the instance holds; default 10 × concurrency. */
  readonly queueLimit?: number;
  /** How long running handlers may go on after a stop was asked for; then their signal is aborted. Default 30 s. */
  readonly drainMs?: number;
  /**
   * Default true, in the Nest form false: SIGTERM and SIGINT stop the server and end the process, with code 0 when all was
   * handed over, and a bus that is lost for good ends it with code 1.
   */
  readonly handleSignals?: boolean;
  /** Default: one line per message on standard output. */
  readonly log?: TaskServerLog;
  /** The instance lost the bus for good and has stopped. */
  readonly onFailed?: (error: TaskServerError) => void;
}
