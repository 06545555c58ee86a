import { createTaskServer } from '@cordyna/task-server';
import type { RuntimeOptions, TaskServer } from '@cordyna/task-server';

const RATES = { EUR: 1, USD: 1.09, GBP: 0.85 };

/** Tasks that depend on nobody. */
export const createServerA = (runtime: RuntimeOptions): TaskServer =>
  createTaskServer({
    ...runtime,
    name: 'server-a',
    version: '1.0.0',
    team: 'sources',
    description: 'Reads what others work on.',
  })
    .task(
      'extract',
      { every: '60s', args: { rows: 3 }, description: 'Reads the newest orders.' },
      async ({ event, tools }) => {
        const rows = Number(event.args.rows);
        tools.logger.info('reading orders', { rows });
        const orders = Array.from({ length: rows }, (_, index) => ({
          order: index + 1,
          amount: 10 * (index + 1),
        }));
        tools.progress(100, `${rows} orders read`);
        return { orders, extractedAt: new Date().toISOString() };
      },
    )
    .task('prices', { description: 'Fetches the exchange rates.' }, async () => ({ rates: RATES }))
    .task(
      'list',
      { args: { files: ['north.csv', 'south.csv', 'west.csv'] }, description: 'Lists the files of the day.' },
      async ({ event }) => ({ items: event.args.files }),
    );
