// Outside of the flow: a task server with one task, which saves merged files to PostgreSQL. Needs KAFKA_BROKERS and DATABASE_URL.
import { basename } from 'node:path';
import pg from 'pg';
import { createTaskServer, optionsFromEnvironment, TaskFailure } from '@cordyna/task-server';
import { saveMerged } from './scripts/save.mjs';
import { SheetError } from './scripts/sheet.mjs';

const pool = new pg.Pool({
  connectionString: process.env.DATABASE_URL,
  max: 2,
  connectionTimeoutMillis: 5_000,
});

const server = createTaskServer({
  ...optionsFromEnvironment(),
  name: 'database',
  description: 'Keeps what the flow data-processing makes.',
  handleSignals: false,
}).task(
  'save',
  {
    description: 'Saves the rows of a merged file; however often, they are there once.',
    dependsOn: ['data-processing.merge'],
    // The machine of the database may be away for a while.
    retry: { maxAttempts: 20, backoffMs: 500, maxBackoffMs: 10_000 },
    argsSchema: { type: 'object', required: ['file'], properties: { file: { type: 'string' } } },
  },
  async ({ event, tools }) => {
    const { file } = event.args;
    try {
      const rows = await saveMerged(pool, file);
      tools.logger.info('saved', { file: basename(file), rows });
      return { saved: basename(file), rows };
    } catch (error) {
      if (!(error instanceof SheetError)) throw error;
      throw TaskFailure.nonRetryable('file_invalid', error.message, { cause: error });
    }
  },
);

const stop = async () => {
  await server.stop();
  await pool.end();
};
for (const signal of ['SIGTERM', 'SIGINT']) process.once(signal, () => void stop());
await server.start();
