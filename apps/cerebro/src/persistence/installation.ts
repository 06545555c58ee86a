import { randomBytes } from 'node:crypto';
import type { Pool } from 'pg';
import { Installation, StoreUnavailable } from '../coordination/ports/index.js';
import { migrate, type MigrateOptions } from './migrations/migrate.js';
import { ask } from './sql/ask.js';
import { prepared } from './sql/statement.js';

const keep = prepared('secret_keep', 'INSERT INTO installation (secret) VALUES ($1) ON CONFLICT DO NOTHING');
const read = prepared('secret_read', 'SELECT secret FROM installation');

/** What all coordinators of an installation share, in their database. */
export class PgInstallation extends Installation {
  constructor(
    private readonly pool: Pool,
    private readonly options: MigrateOptions,
  ) {
    super();
  }

  async migrate(): Promise<void> {
    await migrate(this.options);
  }

  async secret(): Promise<string> {
    await ask(this.pool, keep(randomBytes(32).toString('base64url')));
    const [row] = await ask<{ secret: string }>(this.pool, read());
    if (!row) throw new StoreUnavailable('the secret of this installation was removed');
    return row.secret;
  }
}
