// Which test file belongs to which part of `npm test`. Every file belongs to exactly one: the last part takes the rest.
import { readdirSync } from 'node:fs';
import { join, relative } from 'node:path';

const MINUTE = 60_000;

/**
 * `workers`: files side by side (the machine of CI has 2 cores); each file has its own topic prefix and database.
 * `limitMs` ends a part that hangs; `leftOpenMs` (default 15 s) one that has reported and does not end. `coverage`: what must be covered to which degree, when the whole part runs.
 */
export const PARTS = [
  {
    name: 'engine',
    files: /^libs\/engine\//,
    workers: 2,
    limitMs: 3 * MINUTE,
    coverage: {
      from: ['libs/engine/src/**/*.ts', '!libs/engine/src/testing/**', '!libs/engine/src/**/index.ts'],
      threshold: { global: { branches: 100 } },
    },
  },
  { name: 'units', files: /^(libs|apps)\//, workers: 2, limitMs: 5 * MINUTE },
  { name: 'static', files: /^test\/(static|deploy)\//, workers: 2, limitMs: 3 * MINUTE },
  { name: 'integration', files: /^test\/integration\//, workers: 2, limitMs: 12 * MINUTE },
  {
    name: 'e2e, regression, conformance',
    files: /^test\/(e2e|regression|conformance|simulation)\//,
    workers: 2,
    limitMs: 25 * MINUTE,
  },
  { name: 'chaos', files: /^test\/chaos\//, workers: 2, limitMs: 8 * MINUTE },
  { name: 'packages', files: /^test\/packages\//, workers: 1, limitMs: 4 * MINUTE },
  { name: 'others', files: /./, workers: 1, limitMs: 3 * MINUTE },
];

const PASSED_OVER = new Set(['node_modules', 'dist', 'coverage', '.git', '.cordyna']);

function testFiles(dir, root) {
  return readdirSync(dir, { withFileTypes: true }).flatMap((entry) => {
    const path = join(dir, entry.name);
    if (entry.isDirectory()) return PASSED_OVER.has(entry.name) ? [] : testFiles(path, root);
    return entry.name.endsWith('.test.ts') ? [relative(root, path).replaceAll('\\', '/')] : [];
  });
}

/** Parts with their files (paths from the root that match any of the patterns), without the empty ones. */
export function plan(root, patterns) {
  const all = testFiles(root, root).sort();
  const wanted =
    patterns.length === 0 ? all : all.filter((file) => patterns.some((p) => new RegExp(p).test(file)));
  const left = new Set(wanted);
  return PARTS.map((part) => {
    const files = [...left].filter((file) => part.files.test(file));
    files.forEach((file) => left.delete(file));
    return { ...part, files };
  }).filter((part) => part.files.length > 0);
}
