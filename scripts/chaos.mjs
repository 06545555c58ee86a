// `npm run chaos -- --minutes M [--seed S] [--rate R] [--ledger] [--logs DIR]`: real processes under load through faults, judged by an
// independent checker. Prints one line of JSON per session; `--ledger` keeps it in docs/reliability/sessions.jsonl.
// `--coordinators`: measures two and three coordinators instead (docs/reliability/coordinators.jsonl).
// `--outage kafka|postgres|kafka-disk|postgres-disk [--seconds S]`: one long outage instead (docs/reliability/outages.jsonl).
// Ends with 1 when an invariant did not hold.
import { parseArgs } from 'node:util';
import { keep, lineOf } from './reliability/ledger.mjs';
import { runTypeScript } from './simulate/run-typescript.mjs';

runTypeScript(import.meta.url);

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '1' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    rate: { type: 'string', default: '30' },
    ledger: { type: 'boolean', default: false },
    logs: { type: 'string' },
    coordinators: { type: 'boolean', default: false },
    outage: { type: 'string' },
    seconds: { type: 'string', default: '60' },
  },
});
const [minutes, seed, perSecond] = [values.minutes, values.seed, values.rate].map(Number);
if (!(minutes > 0) || !Number.isSafeInteger(seed) || !(perSecond > 0)) {
  console.error('--minutes and --rate (runs per second) take numbers above 0, --seed a whole one');
  process.exit(2);
}

const keepIn = (file) => (entry) => {
  const line = lineOf(entry);
  console.log(line);
  if (values.ledger) keep(file, line);
};

const { chaos, measure, outage } = await import('../test/chaos/chaos.ts');
const { OUTAGES } = await import('../test/chaos/measure/outage.ts');
const seconds = Number(values.seconds);
if (values.outage !== undefined && !(OUTAGES.includes(values.outage) && seconds > 0)) {
  console.error(`--outage takes one of ${OUTAGES.join(', ')}, --seconds a number above 0`);
  process.exit(2);
}
const say = (line) => console.log(line);

function play() {
  const common = { seed, perSecond, say };
  if (values.outage !== undefined)
    return outage({
      ...common,
      ...{ outage: values.outage, seconds, onMeasured: keepIn('outages.jsonl') },
    });
  if (values.coordinators) return measure({ ...common, onMeasured: keepIn('coordinators.jsonl') });
  return chaos({ ...common, minutes, logs: values.logs, onEntry: keepIn('sessions.jsonl') });
}

const held = await play();
const what = values.outage
  ? `--outage ${values.outage} --seconds ${seconds}`
  : values.coordinators
    ? '--coordinators'
    : `--minutes ${minutes}`;
console.log(
  held ? 'every invariant held' : `repeat it by: npm run chaos -- ${what} --seed ${seed} --rate ${perSecond}`,
);
process.exit(held ? 0 : 1);
