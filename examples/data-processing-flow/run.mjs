// npm run example:flow [-- --rows 1000] [--stay]: from nothing to the saved table. What is done already is left as it is.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import pg from 'pg';
import { start, stopAll } from './processes.mjs';
import { generate } from './scripts/generate.mjs';

const LIMIT_MS = 30 * 60_000;
const here = fileURLToPath(new URL('.', import.meta.url));
const apps = fileURLToPath(new URL('../../apps', import.meta.url));
const { values: options } = parseArgs({
  options: { rows: { type: 'string', default: '1000' }, stay: { type: 'boolean', default: false } },
});
const home = resolve(process.env.CORDYNA_HOME || '.cordyna');
const root = join(home, 'data-processing-flow');
const logs = join(root, '.logs');
const api = `http://127.0.0.1:${process.env.CORDYNA_HTTP_PORT || 7000}`;
const begun = performance.now();
const say = (line) =>
  console.log(`${((performance.now() - begun) / 1000).toFixed(1).padStart(6)} s  ${line}`);

let stopped;
const stop = new Promise((resolve_) => (stopped = resolve_));
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => stopped(signal));

const get = async (path) => (await fetch(`${api}${path}`, { signal: AbortSignal.timeout(10_000) })).json();

/** Kafka, PostgreSQL and Cerebro, as `npm start` has them. @returns where Kafka and PostgreSQL are */
function startCordyna() {
  return new Promise((resolve_) => {
    let text = '';
    start('dyna up', [join(apps, 'dyna/dist/main.js'), 'up', '--json'], {
      env: { ...process.env, CORDYNA_EXAMPLES: 'none', CORDYNA_HOME: home },
      log: join(logs, 'dyna.log'),
      onEnd: stopped,
      onLine(line) {
        if (text === '' && !/^[[{]/.test(line)) return;
        text += line;
        try {
          const where = Object.fromEntries(JSON.parse(text).map((place) => [place.what, place.where]));
          resolve_({ kafka: where.Kafka, database: process.env.DATABASE_URL || where.PostgreSQL });
        } catch {
          // Not all of it yet.
        }
      },
    });
  });
}

function writeFlow() {
  mkdirSync(logs, { recursive: true });
  // The configuration lies in the flow's folder, the scripts where they find their libraries.
  const text = readFileSync(join(here, 'flow.yaml'), 'utf8').replaceAll('scripts/', join(here, 'scripts/'));
  writeFileSync(join(root, 'flow.yaml'), text);
}

async function savedRows(pool) {
  const { rows } = await pool
    .query('SELECT count(*)::int AS rows FROM merged_prices')
    .catch((error) => (error.code === '42P01' ? { rows: [{ rows: 0 }] } : Promise.reject(error)));
  return rows[0].rows;
}

/** A stop may have come between the last job and the saving: then nobody but us knows that it is missing. */
async function saveAgain(pool) {
  if ((await savedRows(pool)) > 0) return;
  const body = JSON.stringify({
    task: 'database.save',
    scope: 'task',
    args: { file: join(root, 'merged/merged.xlsx') },
  });
  await fetch(`${api}/api/v1/runs`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body,
  });
}

async function watch(pool, wasMerged) {
  let shown = '';
  let askedAgain = !wasMerged;
  for (const end = Date.now() + LIMIT_MS; Date.now() < end; await delay(250)) {
    const [flow] = await get('/api/v1/flows');
    if (!flow) continue;
    const state = flow.jobs.map(
      ({ job, counts }) => `${job} ${counts.success}/${counts.success + counts.preliminary + counts.error}`,
    );
    if (state.join() !== shown) say((shown = state.join()).replaceAll(',', ', '));
    const failed = flow.jobs
      .flatMap(({ files }) => files)
      .find(({ status, running }) => status === 'error' && !running);
    // Between two attempts it has failed too, and its run goes on.
    const isOver = failed && (!failed.run || (await get(`/api/v1/runs/${failed.run}`)).state !== 'running');
    if (isOver) throw new Error(`${failed.file} was not made: ${failed.error?.message}`);
    if (flow.jobs.some(({ status }) => status !== 'success')) continue;
    if (!askedAgain) await saveAgain(pool).then(() => (askedAgain = true));
    const rows = await savedRows(pool);
    if (rows > 0) return rows;
  }
  throw new Error(`it is not done after ${LIMIT_MS} ms`);
}

async function main() {
  writeFlow();
  const made = await generate(join(root, 'in'), Number(options.rows));
  say(
    made.length > 0
      ? `made ${made.join(' and ')} with ${options.rows} rows`
      : 'a.xlsx and b.xlsx are there already',
  );
  const wasMerged = existsSync(join(root, 'merged/merged.xlsx'));
  say('starting Kafka, PostgreSQL and Cerebro');
  const { kafka, database } = await startCordyna();
  const env = { ...process.env, KAFKA_BROKERS: kafka, DATABASE_URL: database, CORDYNA_DRAIN_MS: '2000' };
  start('database', [join(here, 'database.mjs')], { env, log: join(logs, 'database.log'), onEnd: stopped });
  start('runner', [join(apps, 'runner/dist/main.js'), root], {
    env,
    log: join(logs, 'runner.log'),
    onEnd: stopped,
  });
  say('starting the runner on the flow, and the task server that saves');
  const pool = new pg.Pool({ connectionString: database, max: 1 });
  pool.on('error', () => undefined);
  try {
    const rows = await watch(pool, wasMerged);
    const { rows: first } = await pool.query(
      'SELECT * FROM merged_prices ORDER BY abs(z_score_nav) DESC LIMIT 5',
    );
    say(`${rows} rows are saved; the five furthest from the mean:`);
    console.table(
      first.map(({ file: _, ...row }) => ({ ...row, time_started: row.time_started.toISOString() })),
    );
    const { items } = await get('/api/v1/runs?limit=50');
    console.log(`The files of each step:  ${root}/{in,timed,scored,merged}`);
    console.log(`The table:               merged_prices in ${database.replace(/:[^:@/]+@/, ':…@')}`);
    console.log(
      `Runs that Cerebro keeps: ${items.filter(({ task }) => !task?.endsWith('.flow')).length}, and those of the reports`,
    );
    console.log(`What ran, line by line:  ${logs}`);
  } finally {
    await pool.end();
  }
  if (!options.stay)
    return console.log('Run it with -- --stay to look at the graph, the runs and GET /api/v1/flows.');
  console.log(`The monitor: ${api}   The flow: ${api}/api/v1/flows   Ctrl-C stops all of it.`);
  await stop;
}

try {
  const why = await Promise.race([main(), stop]);
  if (why !== undefined) {
    console.log(`stopped: ${why}`);
    process.exitCode = 1;
  }
} catch (error) {
  console.error(`${error.message}\nLogs: ${logs}`);
  process.exitCode = 1;
} finally {
  await stopAll();
}
process.exit();
