import { writeFile } from 'node:fs/promises';
import { Pool } from 'pg';

/** What PostgreSQL must be started with to count its statements. */
export const STATEMENT_SETTINGS = { shared_preload_libraries: 'pg_stat_statements' } as const;

interface Row {
  readonly query: string;
  readonly calls: number;
  readonly ms: number;
  readonly rows: number;
  readonly wal: number;
}

/** Where PostgreSQL's time goes, statement by statement. */
export class StatementStatistics {
  private constructor(private readonly pool: Pool) {}

  static async open(databaseUrl: string): Promise<StatementStatistics> {
    const pool = new Pool({ connectionString: databaseUrl, max: 1 });
    pool.on('error', () => undefined);
    await pool.query('CREATE EXTENSION IF NOT EXISTS pg_stat_statements');
    return new StatementStatistics(pool);
  }

  async reset(): Promise<void> {
    await this.pool.query('SELECT pg_stat_statements_reset()');
  }

  async write(file: string): Promise<void> {
    const { rows } = await this.pool.query<Row>(
      `SELECT query, calls::float8 AS calls, total_exec_time + total_plan_time AS ms, rows::float8 AS rows,
         wal_bytes::float8 AS wal
       FROM pg_stat_statements ORDER BY total_exec_time + total_plan_time DESC LIMIT 40`,
    );
    const lines = rows.map(
      ({ query, calls, ms, rows: count, wal }) =>
        `${ms.toFixed(1).padStart(10)} ms ${String(calls).padStart(7)} calls ${String(count).padStart(8)} rows ${(wal / 1024).toFixed(0).padStart(8)} KiB WAL  ${query.replace(/\s+/g, ' ').slice(0, 140)}`,
    );
    await writeFile(file, `${lines.join('\n')}\n`);
  }

  async close(): Promise<void> {
    await this.pool.end();
  }
}
