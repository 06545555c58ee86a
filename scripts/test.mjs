// `npm test [-- <pattern> …]`: builds, starts one Kafka and one PostgreSQL for all, runs every part, and ends with
// `N passed, N failed`. With `--note-seconds` it notes what each file took, by which the next runs are ordered.
import { spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleApps } from './test/bundle-apps.mjs';
import { plan } from './test/parts.mjs';
import { killTree, runPart } from './test/run-part.mjs';

const BUILD_MS = 180_000;
const RECORD_MS = 120_000;
const root = dirname(dirname(fileURLToPath(import.meta.url)));
const NOTE = '--note-seconds';
const patterns = process.argv.slice(2).filter((argument) => argument !== NOTE);
const parts = plan(root, patterns);
const dir = mkdtempSync(join(tmpdir(), 'cordyna-test-'));
chmodSync(dir, 0o755); // PostgreSQL's user must be able to enter it
const servers = [];
// A broker of a test does not live long enough to pay for what the second compiler does.
process.env.JDK_JAVA_OPTIONS ??= '-XX:TieredStopAtLevel=1';
const children = new Set();
let interrupted = false;

const say = (line) => process.stdout.write(`${line}\n`);
const secondsSince = (begun) => ((performance.now() - begun) / 1000).toFixed(1);

function onChild(child) {
  children.add(child);
  child.on('exit', () => children.delete(child));
}

function interrupt() {
  interrupted = true;
  for (const { pid } of children) void killTree(pid);
}

function runScript(script, args, timeout) {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [script, ...args], { cwd: root, stdio: 'inherit', timeout });
    onChild(child);
    child.on('exit', (code) => (code === 0 ? resolve() : reject(new Error(`${script} failed`))));
  });
}

/** Made once for a machine, beside Kafka's jars. Without it brokers start more slowly, and that is all. */
async function keepKafkaClasses() {
  const { stackConfig } = await import('../libs/local-stack/dist/index.js');
  const archive = `${stackConfig().kafkaCache}.jsa`;
  const args = [archive, join(dir, 'recorded')];
  if (!existsSync(archive)) await runScript('scripts/test/record-kafka-classes.mjs', args, RECORD_MS);
  process.env.JDK_JAVA_OPTIONS += ` -XX:SharedArchiveFile=${archive}`;
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
  const { migratedDatabase } = await import('./test/migrated-database.mjs');
  return {
    CORDYNA_TEST_KAFKA: kafka.brokers.join(','),
    CORDYNA_TEST_POSTGRES: postgres.url,
    CORDYNA_TEST_MIGRATED: await migratedDatabase(postgres.url),
  };
}

async function timed(name, work) {
  const begun = performance.now();
  const result = await work();
  say(`${name}: ${secondsSince(begun)} s`);
  return result;
}

/** What all parts but the pure ones need: the environment that tells them where it is. */
async function prepare() {
  const startAndKeep = async () => {
    const addresses = await startStack();
    await keepKafkaClasses().catch(({ message }) => say(message));
    return addresses;
  };
  const [addresses, programs] = await timed('Kafka, PostgreSQL and the bundled programs', () =>
    Promise.all([startAndKeep(), bundleApps(root)]),
  );
  return { ...process.env, ...addresses, CORDYNA_TEST_PROGRAMS: programs };
}

async function runAll() {
  if (parts.length === 0) throw new Error(`no test file matches ${patterns.join(' ')}`);
  await timed('build', () => runScript('scripts/build.mjs', [], BUILD_MS));
  const prepared = parts.every(({ pure }) => pure) ? undefined : prepare();
  // A failure ends everything at once, and is told by who waits for it.
  prepared?.catch(interrupt);
  const running = [];
  for (const part of parts) {
    if (!part.beside) await Promise.all(running);
    const env = part.pure ? process.env : await prepared;
    if (interrupted) break;
    say(`\n── ${part.name} (${part.files.length} files)`);
    running.push(runPart(root, part, { env, dir, whole: patterns.length === 0, onChild }));
  }
  await prepared;
  return Promise.all(running);
}

function noteSeconds(results) {
  const noted = join(root, 'scripts', 'test', 'file-seconds.json');
  const all = Object.assign(JSON.parse(readFileSync(noted, 'utf8')), ...results.map(({ files }) => files));
  const sorted = Object.entries(all).sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1));
  writeFileSync(noted, `${JSON.stringify(Object.fromEntries(sorted), null, 2)}\n`);
}

for (const signal of ['SIGINT', 'SIGTERM']) {
  process.on(signal, interrupt);
}

const begun = performance.now();
let results = [];
try {
  results = await runAll();
} catch (error) {
  results = [{ name: 'set-up', passed: 0, failed: 1, seconds: 0, problems: [error.message], files: {} }];
} finally {
  await Promise.allSettled(servers.map((server) => server.stop()));
  rmSync(dir, { recursive: true, force: true, maxRetries: 3 });
}

if (process.argv.includes(NOTE)) noteSeconds(results);
say('\nPart, seconds (of its budget), passed, failed');
for (const { name, seconds, budgetSeconds = 0, passed, failed, problems } of results) {
  const took = `${seconds.toFixed(1).padStart(6)} s (${String(budgetSeconds).padStart(3)})`;
  say(`${name.padEnd(32)} ${took} ${String(passed).padStart(6)} ${String(failed).padStart(4)}`);
  for (const problem of problems) say(`  ${problem}`);
}
const sum = (key) => results.reduce((total, result) => total + result[key], 0);
const failed = sum('failed') + (interrupted ? 1 : 0);
say(`${'all'.padEnd(32)} ${secondsSince(begun).padStart(6)} s`);
say(`${sum('passed')} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
