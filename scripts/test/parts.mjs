// Which test file belongs to which part of `npm test`. Every file belongs to exactly one: the last part takes the rest.
import { readdirSync } from 'node:fs';
import { join, relative } from 'node:path';

/**
 * `budgetSeconds`: what the part may take on a quiet machine with 2 cores; all of them together stay under 10 minutes.
 * `limitMs` (default four times that, and at least two minutes) ends a part that hangs; `leftOpenMs` (default 15 s) one
 * that has reported and does not end. `workers`: files side by side, each with its own topic prefix and database; more where files mostly wait for
 * time limits and brokers. `coverage`: what must be covered to which degree, when the whole part runs.
 * `pure`: needs neither servers nor programs, and begins while these are made ready. `beside`: does not wait for the end of
 * the part before it, which leaves it room.
 */
export const PARTS = [
  {
    name: 'engine',
    files: /^libs\/engine\//,
    pure: true,
    workers: 2,
    budgetSeconds: 30,
    coverage: {
      from: ['libs/engine/src/**/*.ts', '!libs/engine/src/testing/**', '!libs/engine/src/**/index.ts'],
      threshold: { global: { branches: 100 } },
    },
  },
  { name: 'simulation', files: /^test\/simulation\//, workers: 3, budgetSeconds: 40 },
  { name: 'units', files: /^(libs|apps)\//, workers: 3, budgetSeconds: 50 },
  { name: 'static', files: /^(test\/(static|deploy)|bench)\//, workers: 2, budgetSeconds: 10 },
  { name: 'integration', files: /^test\/integration\//, workers: 5, budgetSeconds: 90 },
  {
    name: 'e2e, regression, conformance',
    files: /^test\/(e2e|regression|conformance)\//,
    workers: 4,
    budgetSeconds: 290,
  },
  { name: 'chaos', files: /^test\/chaos\//, workers: 2, budgetSeconds: 60 },
  { name: 'browser', files: /^test\/browser\//, workers: 1, budgetSeconds: 60 },
  { name: 'packages', files: /^test\/packages\//, beside: true, workers: 1, budgetSeconds: 30 },
  { name: 'others', files: /./, workers: 1, budgetSeconds: 30 },
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
