// One of the processes of `npm run simulate`: is told seeds, answers with what each of them came to.
import { ownServer, shrink, simulate, simulateOnBoth } from '../../test/simulation/index.ts';

/** Looking for the fewest faults takes one simulation for each kind. */
const SHRINK_AT_MOST = 3;
let shrunk = 0;
let database;

async function play(seed, { store, ...options }) {
  if (store === 'memory') return simulate(seed, options);
  database ??= await ownServer();
  return simulateOnBoth(seed, database, options);
}

// Nearly all errors are simulated ones, and nobody asks where they come from.
Error.stackTraceLimit = 1;

process.on('message', async ({ from, count, options }) => {
  for (let seed = from; seed < from + count; seed++) {
    const report = await play(seed, options);
    const isWorth = report.violations.length > 0 && options.store === 'memory' && shrunk++ < SHRINK_AT_MOST;
    const without = isWorth ? await shrink(seed, options) : options.without;
    process.send({ report, without });
  }
  process.send({ isDone: true });
});
process.on('disconnect', () => void database?.close());
for (const signal of ['SIGINT', 'SIGTERM'])
  process.once(signal, () => void Promise.resolve(database?.close()).finally(() => process.exit(1)));
process.send({ isDone: true });
