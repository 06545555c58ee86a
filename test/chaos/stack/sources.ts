import { Client } from 'pg';
import { topicsOf } from '@cordyna/protocol/wire';
import type { Execution } from '../checker/evidence.js';

/** Where an outsider finds what an installation did. */
export interface Sources {
  readonly brokers: readonly string[];
  readonly prefix: string;
  readonly databaseUrl: string;
  readonly serverNames: readonly string[];
  readonly executions: () => readonly Execution[];
}

/** Asks the installation's database, around everything that its coordinators go through. */
export async function query<Row>(
  { databaseUrl }: Pick<Sources, 'databaseUrl'>,
  sql: string,
  values: readonly unknown[] = [],
): Promise<Row[]> {
  const client = new Client({ connectionString: databaseUrl, query_timeout: 120_000 });
  client.on('error', () => undefined);
  await client.connect();
  try {
    return (await client.query(sql, [...values])).rows as Row[];
  } finally {
    await client.end();
  }
}

export function topicNames({ prefix, serverNames }: Sources): string[] {
  const { declarations, servers, events, invocations, signals, deadLetters, commands } = topicsOf(prefix);
  return [declarations, servers, events, invocations, signals, deadLetters, ...serverNames.map(commands)];
}
