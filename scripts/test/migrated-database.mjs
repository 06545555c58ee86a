// A database as migrations leave it, once for a whole run: tests get copies of it, which take a third of the time.
import { migrate } from '../../apps/cerebro/dist/persistence/migrations/migrate.js';
import { createDatabase } from '../../libs/testkit/dist/database.js';

const MIGRATION_MS = 60_000;

/** @returns its name on that server; nobody may be connected to it while it is copied */
export async function migratedDatabase(serverUrl) {
  const { url } = await createDatabase(serverUrl);
  await migrate({ url, applicationName: 'tests', waitMs: MIGRATION_MS });
  return new URL(url).pathname.slice(1);
}
