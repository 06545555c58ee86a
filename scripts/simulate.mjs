// `npm run simulate -- --seeds N [--from S]`: so many installations, each through its own faults. Ends with 1 when an
// invariant did not hold, and prints the command that repeats the seed.
import { parseArgs } from 'node:util';
import { runTypeScript } from './simulate/run-typescript.mjs';

runTypeScript(import.meta.url);

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '100' },
    from: { type: 'string', default: '1' },
    sabotage: { type: 'string' },
    verbose: { type: 'boolean', default: false },
  },
});
const count = Number(values.seeds);
const from = Number(values.from);
if (!Number.isSafeInteger(count) || count < 1 || !Number.isSafeInteger(from)) {
  console.error('--seeds takes a number of seeds from 1 on, --from the first one');
  process.exit(2);
}

const { simulate } = await import('../test/simulation/simulate.ts');
const { addTo, emptyTally, printed } = await import('../test/simulation/tally.ts');
const tally = emptyTally();
const began = performance.now();
for (let seed = from; seed < from + count; seed++) {
  const report = await simulate(seed, { sabotage: values.sabotage });
  addTo(tally, report);
  if (values.verbose) console.log(`seed ${seed}: ${report.fingerprint}`);
  for (const violation of report.violations) console.log(`seed ${seed}: ${violation}`);
  if (report.violations.length > 0) console.log(`  npm run simulate -- --seeds 1 --from ${seed}`);
}
console.log(printed(tally, performance.now() - began));
process.exit(tally.failed.length === 0 ? 0 : 1);
