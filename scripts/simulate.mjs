// `npm run simulate -- --seeds N [--from S] [--workers W]`: so many installations, each through its own faults. Ends with
// 1 when an invariant did not hold, and prints the command that repeats the seed. `--ledger` keeps what came of it in
// docs/reliability/simulation.jsonl.
import { fork } from 'node:child_process';
import { register } from 'node:module';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { keep, lineOf } from './reliability/ledger.mjs';

const CHUNK = 20;
const hooks = new URL('./simulate/register.mjs', import.meta.url).href;
const worker = fileURLToPath(new URL('./simulate/worker.mjs', import.meta.url));
// Short-lived objects die young in a larger nursery.
const execArgv = ['-C', 'cordyna-source', '--import', hooks, '--max-semi-space-size=32'];

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '100' },
    from: { type: 'string', default: '1' },
    workers: { type: 'string', default: String(availableParallelism()) },
    store: { type: 'string', default: 'memory' },
    sabotage: { type: 'string' },
    without: { type: 'string' },
    verbose: { type: 'boolean', default: false },
    ledger: { type: 'boolean', default: false },
  },
});

register('./simulate/typescript-hooks.mjs', import.meta.url);
const { addTo, emptyTally, printed } = await import('../test/simulation/tally.ts');
const { SABOTAGES } = await import('../test/simulation/world/sabotages.ts');
const { FAULTS } = await import('../test/simulation/world/faults.ts');

function asked() {
  const number = (name, least) => {
    const value = Number(values[name]);
    if (!Number.isSafeInteger(value) || value < least)
      refuse(`--${name} takes a whole number from ${least} on`);
    return value;
  };
  const without = values.without?.split(',') ?? [];
  const unknown = without.find((kind) => !FAULTS.includes(kind));
  if (unknown !== undefined) refuse(`--without: ${unknown} is none of ${FAULTS.join(', ')}`);
  if (values.sabotage !== undefined && !SABOTAGES.includes(values.sabotage))
    refuse(`--sabotage takes one of: ${SABOTAGES.join(', ')}`);
  if (!['memory', 'postgres'].includes(values.store)) refuse('--store takes memory or postgres');
  const options = { sabotage: values.sabotage, without, store: values.store };
  return { seeds: number('seeds', 1), from: number('from', 0), workers: number('workers', 1), options };
}

function refuse(message) {
  console.error(message);
  process.exit(2);
}

const { seeds, from, workers, options } = asked();
const tally = emptyTally();
const began = performance.now();
let next = from;
let crashed = 0;

const commandOf = (seed, without) =>
  [
    `npm run simulate -- --seeds 1 --from ${seed}`,
    ...(values.sabotage === undefined ? [] : [`--sabotage "${values.sabotage}"`]),
    ...(values.store === 'memory' ? [] : [`--store ${values.store}`]),
    ...(without.length === 0 ? [] : [`--without ${without.join()}`]),
  ].join(' ');

function show({ report, without }) {
  const { seed, violations, fingerprint } = report;
  addTo(tally, report);
  if (values.verbose) console.log(`seed ${seed}: ${fingerprint}`);
  for (const violation of violations) console.log(`seed ${seed}: ${violation}`);
  if (violations.length === 0) return;
  console.log(`  ${commandOf(seed, options.without)}`);
  if (without.length > options.without.length)
    console.log(`  with fewer faults: ${commandOf(seed, without)}`);
}

function startWorker() {
  const child = fork(worker, { execArgv, serialization: 'advanced' });
  child.on('message', (message) => {
    if (message.report) return show(message);
    const count = Math.min(CHUNK, from + seeds - next);
    if (count <= 0) return child.disconnect();
    child.send({ from: next, count, options });
    next += count;
  });
  return new Promise((ended) =>
    child.on('exit', (code) => {
      if (code !== 0) crashed += 1;
      ended();
    }),
  );
}

await Promise.all(Array.from({ length: Math.min(workers, Math.ceil(seeds / CHUNK)) }, startWorker));
const lastedMs = performance.now() - began;
console.log(printed(tally, lastedMs));
if (values.ledger && crashed === 0) {
  const { seeds: played, runs, transitions, simulatedMs, failed } = tally;
  const minutes = Math.round(lastedMs / 6_000) / 10;
  const hours = Math.round(simulatedMs / 360_000) / 10;
  const faults = [...tally.faults.values()].reduce((sum, count) => sum + count, 0);
  const line = lineOf({
    ...{
      from,
      seeds: played,
      store: values.store,
      runs,
      transitions,
      faults,
      simulatedHours: hours,
      minutes,
    },
    violated: failed.length,
  });
  keep('simulation.jsonl', line);
}
if (crashed > 0) console.error(`${crashed} of the processes ended before they were done`);
process.exit(tally.failed.length === 0 && crashed === 0 ? 0 : 1);
