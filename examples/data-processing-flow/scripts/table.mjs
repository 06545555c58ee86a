import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { COLUMNS } from './columns.mjs';
import { rowsOf, SheetError } from './sheet.mjs';

const MEMORY = '256MB';
const FLUSH_ROWS = 50_000;

/** Gives the work a DuckDB of its own, which uses the disk when memory is short. */
export async function withTables(work) {
  const dir = await mkdtemp(join(tmpdir(), 'data-processing-'));
  const instance = await DuckDBInstance.create(join(dir, 'tables.duckdb'), {
    memory_limit: MEMORY,
    threads: '2',
    temp_directory: join(dir, 'spill'),
  });
  const connection = await instance.connect();
  try {
    return await work(connection);
  } finally {
    connection.closeSync();
    instance.closeSync();
    await rm(dir, { recursive: true, force: true });
  }
}

/** Loads a sheet into a table with a column `n`, the order of its rows. @throws SheetError also where an isin comes twice */
export async function load(connection, table, path, names) {
  const columns = names.map((name) => `${name} ${COLUMNS[name].type}`);
  await connection.run(`CREATE TABLE ${table} (n INTEGER, ${columns.join(', ')})`);
  const appender = await connection.createAppender(table);
  let n = 0;
  for await (const row of rowsOf(path, names)) {
    appender.appendInteger(n++);
    row.forEach((value, index) => {
      if (COLUMNS[names[index]].type === 'DOUBLE') appender.appendDouble(value);
      else appender.appendVarchar(value);
    });
    appender.endRow();
    if (n % FLUSH_ROWS === 0) appender.flushSync();
  }
  appender.closeSync();
  const twice = await connection.runAndReadAll(
    `SELECT isin, list(n + 2 ORDER BY n)[:5] FROM ${table} GROUP BY isin HAVING count(*) > 1 ORDER BY min(n) LIMIT 5`,
  );
  const found = twice.getRowsJson().map(([isin, rows]) => `${isin} (rows ${rows.join(', ')})`);
  if (found.length > 0)
    throw new SheetError(`${basename(path)}: an isin must stand once: ${found.join('; ')}`);
}

/** The rows of a query as arrays, chunk by chunk. */
export async function* query(connection, sql) {
  const result = await connection.stream(sql);
  for (
    let chunk = await result.fetchChunk();
    chunk && chunk.rowCount > 0;
    chunk = await result.fetchChunk()
  ) {
    yield* chunk.getRows();
  }
}
