import type { BusLog, BusLogLevel } from '../port.js';

interface KafkajsLogEntry {
  readonly namespace: string;
  readonly level: number;
  readonly log: { readonly message: string } & Readonly<Record<string, unknown>>;
}

const LEVELS: Readonly<Record<number, BusLogLevel>> = { 1: 'error', 2: 'warn', 4: 'info', 5: 'debug' };

const readable = (_name: string, value: unknown): unknown =>
  typeof value === 'bigint' ? value.toString() : value;

/** Warnings and errors as one line of JSON on stderr. */
export const logToStderr: BusLog = (level, message, details) => {
  if (level === 'info' || level === 'debug') return;
  process.stderr.write(
    `${JSON.stringify({ at: new Date().toISOString(), level, message, ...details }, readable)}\n`,
  );
};

/**
 * kafkajs calls "error" what its own retries or our supervisor handle; our code reports what is not handled.
 */
export function kafkajsLogCreator(log: BusLog): () => (entry: KafkajsLogEntry) => void {
  return () => (entry) => {
    const { message, ...rest } = entry.log;
    const level = LEVELS[entry.level] ?? 'debug';
    const details = Object.fromEntries(
      Object.entries(rest).filter(([name]) => name !== 'stack' && name !== 'logger' && name !== 'timestamp'),
    );
    log(level === 'error' || level === 'warn' ? 'info' : 'debug', `kafkajs: ${message}`, {
      namespace: entry.namespace,
      ...details,
    });
  };
}
