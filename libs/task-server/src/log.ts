import { format } from 'node:util';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

/** Where the lines of a task server go in its own process; those of handlers go to the bus besides. */
export type TaskServerLog = (
  level: LogLevel,
  message: string,
  details: Readonly<Record<string, unknown>>,
) => void;

/** One line per message on standard output: time, level, message, details as `name=value`. */
export const logToStdout: TaskServerLog = (level, message, details) => {
  const pairs = Object.entries(details)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => ` ${name}=${typeof value === 'string' ? value : format('%j', value)}`);
  process.stdout.write(
    `${new Date().toISOString()} ${level.toUpperCase().padEnd(5)} ${message}${pairs.join('')}\n`,
  );
};

/** What is worth showing of an error in a log line. */
export function errorText(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
