// `npm run reliability`: writes docs/reliability.md from what `npm run chaos -- --ledger` and
// `npm run simulate -- --ledger` printed (docs/reliability/*.jsonl).
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { format } from 'prettier';
import { pageOf } from './reliability/page.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));

function linesOf(name) {
  const file = join(root, 'docs', 'reliability', name);
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, 'utf8').split('\n').filter(Boolean);
  return lines.map((line) => JSON.parse(line));
}

const sessions = linesOf('sessions.jsonl');
if (sessions.length === 0) {
  console.error('docs/reliability/sessions.jsonl has no session yet: npm run chaos -- --minutes 4 --ledger');
  process.exit(1);
}
const page = pageOf({
  sessions,
  coordinators: linesOf('coordinators.jsonl'),
  outages: linesOf('outages.jsonl'),
  simulation: linesOf('simulation.jsonl'),
});
const settings = JSON.parse(readFileSync(join(root, '.prettierrc.json'), 'utf8'));
writeFileSync(join(root, 'docs', 'reliability.md'), await format(page, { ...settings, parser: 'markdown' }));
