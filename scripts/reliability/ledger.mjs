// docs/reliability/*.jsonl: what the tools printed, one line each, with the commit and the machine that it was printed on.
import { execFileSync } from 'node:child_process';
import { appendFileSync, mkdirSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const dir = join(root, 'docs', 'reliability');

export function lineOf(entry) {
  const [load = 0] = loadavg();
  const git = { cwd: root, encoding: 'utf8' };
  const commit = execFileSync('git', ['rev-parse', '--short', 'HEAD'], git).trim();
  return JSON.stringify({ ...entry, commit, cores: cpus().length, load: Math.round(load) });
}

export function keep(file, line) {
  mkdirSync(dir, { recursive: true });
  appendFileSync(join(dir, file), `${line}\n`);
}
