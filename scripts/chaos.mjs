// `npm run chaos -- --minutes M [--seed S] [--rate R] [--ledger] [--logs DIR]`: real processes under load through faults, judged by an
// independent checker. Prints one line of JSON per session; `--ledger` keeps it in docs/reliability/sessions.jsonl.
// `--coordinators`: measures two and three coordinators instead (docs/reliability/coordinators.jsonl). Ends with 1 when an
// invariant did not hold.
import { execFileSync } from 'node:child_process';
import { appendFileSync, mkdirSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
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
    logs: { type: 'string' },
    coordinators: { type: 'boolean', default: false },
  },
});
const [minutes, seed, perSecond] = [values.minutes, values.seed, values.rate].map(Number);
if (!(minutes > 0) || !Number.isSafeInteger(seed) || !(perSecond > 0)) {
  console.error('--minutes and --rate (runs per second) take numbers above 0, --seed a whole one');
  process.exit(2);
}

const keepIn = (file) => (entry) => {
  const [load = 0] = loadavg();
  const commit = execFileSync('git', ['rev-parse', '--short', 'HEAD'], {
    cwd: root,
    encoding: 'utf8',
  }).trim();
  const line = JSON.stringify({ ...entry, commit, cores: cpus().length, load: Math.round(load) });
  console.log(line);
  if (!values.ledger) return;
  const dir = join(root, 'docs', 'reliability');
  mkdirSync(dir, { recursive: true });
  appendFileSync(join(dir, file), `${line}\n`);
};

const { chaos, measure } = await import('../test/chaos/chaos.ts');
const say = (line) => console.log(line);
const held = values.coordinators
  ? await measure({ seed, perSecond, say, onMeasured: keepIn('coordinators.jsonl') })
  : await chaos({ minutes, seed, perSecond, say, logs: values.logs, onEntry: keepIn('sessions.jsonl') });
const what = values.coordinators ? '--coordinators' : `--minutes ${minutes}`;
console.log(
  held ? 'every invariant held' : `repeat it by: npm run chaos -- ${what} --seed ${seed} --rate ${perSecond}`,
);
process.exit(held ? 0 : 1);
