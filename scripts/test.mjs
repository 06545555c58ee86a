// `npm test [-- <pattern> …]`: builds, starts one Kafka and one PostgreSQL for all, runs every part, and ends with
// `N passed, N failed`.
import { spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { plan } from './test/parts.mjs';
import { killTree, runPart } from './test/run-part.mjs';

const BUILD_MS = 180_000;
const root = dirname(dirname(fileURLToPath(import.meta.url)));
const patterns = process.argv.slice(2);
const parts = plan(root, patterns);
const dir = mkdtempSync(join(tmpdir(), 'cordyna-test-'));
chmodSync(dir, 0o755); // PostgreSQL's user must be able to enter it
const servers = [];
let child;
let interrupted = false;

const say = (line) => process.stdout.write(`${line}\n`);
const secondsSince = (begun) => ((performance.now() - begun) / 1000).toFixed(1);

function build() {
  return new Promise((resolve, reject) => {
    child = spawn(process.execPath, ['scripts/build.mjs'], {
      cwd: root,
      stdio: 'inherit',
      timeout: BUILD_MS,
    });
    child.on('exit', (code) => (code === 0 ? resolve() : reject(new Error('the build failed'))));
  });
}

async function startStack() {
  const { startTestKafka, startTestPostgres } = await import('../libs/testkit/dist/test-stack.js');
  const remember = (server) => {
    servers.push(server);
    return server;
  };
  const [kafka, postgres] = await Promise.all([
    startTestKafka(dir).then(remember),
    startTestPostgres(dir).then(remember),
  ]);
  return { CORDYNA_TEST_KAFKA: kafka.brokers.join(','), CORDYNA_TEST_POSTGRES: postgres.url };
}

async function timed(name, work) {
  const begun = performance.now();
  const result = await work();
  say(`${name}: ${secondsSince(begun)} s`);
  return result;
}

async function runAll() {
  if (parts.length === 0) throw new Error(`no test file matches ${patterns.join(' ')}`);
  await timed('build', build);
  const env = { ...process.env, ...(await timed('Kafka and PostgreSQL', startStack)) };
  const results = [];
  for (const part of parts) {
    if (interrupted) break;
    say(`\n── ${part.name} (${part.files.length} files)`);
    const onChild = (started) => (child = started);
    results.push(await runPart(root, part, { env, dir, whole: patterns.length === 0, onChild }));
  }
  return results;
}

for (const signal of ['SIGINT', 'SIGTERM']) {
  process.on(signal, () => {
    interrupted = true;
    if (child?.exitCode === null) void killTree(child.pid);
  });
}

const begun = performance.now();
let results = [];
try {
  results = await runAll();
} catch (error) {
  results = [{ name: 'set-up', passed: 0, failed: 1, seconds: 0, problems: [error.message] }];
} finally {
  await Promise.allSettled(servers.map((server) => server.stop()));
  rmSync(dir, { recursive: true, force: true, maxRetries: 3 });
}

say('\nPart, seconds, passed, failed');
for (const { name, seconds, passed, failed, problems } of results) {
  say(
    `${name.padEnd(32)} ${seconds.toFixed(1).padStart(6)} s ${String(passed).padStart(6)} ${String(failed).padStart(4)}`,
  );
  for (const problem of problems) say(`  ${problem}`);
}
const sum = (key) => results.reduce((total, result) => total + result[key], 0);
const failed = sum('failed') + (interrupted ? 1 : 0);
say(`${'all'.padEnd(32)} ${secondsSince(begun).padStart(6)} s`);
say(`${sum('passed')} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
