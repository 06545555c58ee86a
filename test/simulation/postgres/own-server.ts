import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort, startPostgres } from '@cordyna/local-stack';
import { simulatedDatabase, type SimulatedDatabase } from './simulated-database.js';

/** A real PostgreSQL of this process alone; `close` ends it and removes its files. */
export async function ownServer(): Promise<SimulatedDatabase> {
  const dir = mkdtempSync(join(tmpdir(), 'cordyna-simulation-'));
  chmodSync(dir, 0o755); // PostgreSQL's user must be able to enter it
  const postgres = await startPostgres({ dir: join(dir, 'postgres'), port: await freePort() });
  const database = await simulatedDatabase(postgres.url);
  return {
    ...database,
    close: async () => {
      await database.close();
      await postgres.stop();
      rmSync(dir, { recursive: true, force: true, maxRetries: 3 });
    },
  };
}
