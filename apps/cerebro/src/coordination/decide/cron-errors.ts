import { Cron } from 'croner';

/** What is wrong with a cron pattern of five or six fields or its IANA time zone; empty when nothing is. */
export function cronErrors(pattern: string, timezone: string): readonly string[] {
  const fields = pattern.trim().split(/\s+/).length;
  if (fields !== 5 && fields !== 6) return [`has ${fields} fields; write five, or six with seconds first`];
  try {
    new Cron(pattern, { timezone, paused: true }).nextRun(new Date(0));
    return [];
  } catch (error) {
    return [error instanceof Error ? error.message : String(error)];
  }
}
