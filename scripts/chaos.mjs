// `npm run chaos -- --minutes M [--seed S] [--rate R] [--ledger]`: real processes under load through faults, judged by an
// independent checker. Prints one line of JSON per session; `--ledger` keeps it in docs/reliability/sessions.jsonl. Ends
// with 1 when an invariant did not hold.
import { appendFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { root, runTypeScript } from './simulate/run-typescript.mjs';

runTypeScript(import.meta.url);

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '1' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    rate: { type: 'string', default: '30' },
    ledger: { type: 'boolean', default: false },
  },
});
const [minutes, seed, perSecond] = [values.minutes, values.seed, values.rate].map(Number);
if (!(minutes > 0) || !Number.isSafeInteger(seed) || !(perSecond > 0)) {
  console.error('--minutes and --rate (runs per second) take numbers above 0, --seed a whole one');
  process.exit(2);
}

function keep(entry) {
  const line = JSON.stringify(entry);
  console.log(line);
  if (!values.ledger) return;
  const dir = join(root, 'docs', 'reliability');
  mkdirSync(dir, { recursive: true });
  appendFileSync(join(dir, 'sessions.jsonl'), `${line}\n`);
}

const { chaos } = await import('../test/chaos/chaos.ts');
const say = (line) => console.log(line);
const held = await chaos({ minutes, seed, perSecond, say, onEntry: keep });
console.log(
  held ? 'every invariant held' : `repeat it by: npm run chaos -- --minutes ${minutes} --seed ${seed}`,
);
process.exit(held ? 0 : 1);
