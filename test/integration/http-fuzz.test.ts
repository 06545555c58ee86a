import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { awaitUntil, fuzzSettings, installation, startSdkServer, type Installation } from '@cordyna/testkit';
import { Agent } from 'node:http';
import pg from 'pg';
import { answerOf, wrongIn, type Answer } from './fuzz/answers.js';
import { callOf, withRuns, type Call } from './fuzz/calls.js';
import { ROUTES } from './fuzz/document.js';
import { askedFor, digests, halfApplied, miscounted, missing } from './fuzz/tables.js';

const settings = fuzzSettings();
const AT_ONCE = 16;
const LIMIT_MS = 60_000 + settings.inputs * 20;
/** What each answer does not depend on what happened before. */
const ALWAYS_REFUSED = new Set([400, 403, 413, 415]);
const REPEATED = 500;
const MAX_FOUND = 5;
/** Of a definition; events have outcomes too. */
const CHANGED = new Set(['created', 'changed', 'removed']);

const declaration = {
  server: 'fuzz',
  tasks: [
    {
      name: 'a',
      everyMs: 86_400_000,
      argsSchema: { type: 'object', properties: { rows: { type: 'integer' } } },
    },
    { name: 'b', dependsOn: ['fuzz.a'] },
    { name: 'list', retry: { maxAttempts: 2, backoffMs: 1 } },
    { name: 'each', forEach: 'fuzz.list' },
    { name: 'flaky', dependsOn: ['fuzz.b'] },
  ],
  jobs: [{ name: 'nightly', tasks: [{ task: 'fuzz.a' }, { task: 'fuzz.b' }] }],
};
const behaviours = { list: { output: { items: [1, 2] } }, flaky: { failures: 100 } };

let cordyna: Installation;
let sql: pg.Client;
let port: number;
const agent = new Agent({ keepAlive: true, maxSockets: AT_ONCE });
/** Runs that were promised, in the order of their answers. */
const promised: string[] = [];
/** Of schedules that were fired by hand. */
const fired: string[] = [];
const refused: Call[] = [];
let changes = 0;
const seen = new Map<string, number>();
const routesSeen = new Set<string>();

beforeAll(async () => {
  cordyna = await installation({ coordinators: 1, env: { CORDYNA_LOG_LEVEL: 'warn' } });
  const { brokers, prefix, databaseUrl, cerebros } = cordyna;
  port = cerebros[0]!.port;
  await startSdkServer({ brokers, prefix, declaration, behaviours, concurrency: 100 });
  await cordyna.api.untilOnline('fuzz', 60_000);
  sql = new pg.Client({ connectionString: databaseUrl, query_timeout: 60_000 });
  await sql.connect();
}, 300_000);
afterAll(async () => {
  agent.destroy();
  await sql?.end();
});

interface Defined {
  readonly outcome: string;
}
interface DefinedByFile {
  readonly dryRun?: boolean;
  readonly changes?: readonly Partial<Defined>[];
}

/** Keeps account of what was granted. */
function note(call: Call, { status, text }: Answer): void {
  const about = `${call.method} ${status}`;
  seen.set(about, (seen.get(about) ?? 0) + 1);
  if (call.route) routesSeen.add(`${call.method} ${call.route.path}`);
  if (ALWAYS_REFUSED.has(status) && call.method !== 'GET' && refused.length < REPEATED) refused.push(call);
  if (status === 202) {
    const runs = call.route?.path.endsWith('/fire') ? fired : promised;
    runs.push((JSON.parse(text) as { run: string }).run);
  }
  if (call.method !== 'GET' && status < 300 && text.includes('"outcome"')) {
    const { dryRun = false, ...answer } = JSON.parse(text) as Partial<Defined> & DefinedByFile;
    const made = answer.changes ?? [answer];
    if (!dryRun) changes += made.filter(({ outcome = '' }) => CHANGED.has(outcome)).length;
  }
}

async function wrongWith(at: number): Promise<string[]> {
  const call = withRuns(callOf(settings.seed + at), promised.slice(-20));
  const answer = await answerOf(port, agent, call).catch((error: unknown) => String(error));
  if (typeof answer !== 'string') note(call, answer);
  const wrong = typeof answer === 'string' ? [answer] : wrongIn(call, answer);
  if (wrong.length === 0) return [];
  const { method, path, headers, body } = call;
  const sent = `${method} ${path} ${JSON.stringify(headers)} ${body?.toString('latin1').slice(0, 1_000) ?? ''}`;
  return [
    `${sent}\n  ${wrong.join('\n  ')}\n  again: ${settings.command(at)}\n  with all before it: ${settings.command(at, at)}`,
  ];
}

/** So many at once; ends early when enough is found. */
async function inTurns(count: number, one: (at: number) => Promise<string[]>): Promise<string[]> {
  const found: string[] = [];
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < count && found.length < MAX_FOUND) found.push(...(await one(next++)));
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return found;
}

/** They would begin runs while the tables are compared. */
async function pauseSchedules(): Promise<void> {
  const { rows } = await sql.query<{ schedule: string }>('SELECT schedule FROM schedules WHERE active');
  for (const { schedule } of rows)
    await cordyna.api.request('POST', `/api/v1/schedules/${encodeURIComponent(schedule)}/pause`, {
      body: {},
    });
}

const atRest = (): Promise<unknown> =>
  awaitUntil(
    'all runs are finished and all messages sent',
    async () => {
      const { rows } = await sql.query<{ open: number }>(
        `SELECT (SELECT count(*) FROM runs WHERE finished_at IS NULL)::int + (SELECT count(*) FROM outbox)::int AS open`,
      );
      return rows[0]?.open === 0;
    },
    { timeoutMs: 60_000, everyMs: 200 },
  );

describe(`${settings.inputs} requests of any kind`, () => {
  test(
    'are answered, none with a 5xx, each refusal as a problem that says where',
    async () => {
      expect(await inTurns(settings.inputs, wrongWith)).toEqual([]);
      if (settings.inputs < 10_000) return;
      // The inputs reach every call, and behind the first check.
      expect([...routesSeen].sort()).toEqual(ROUTES.map(({ method, path }) => `${method} ${path}`).sort());
      const statuses = ['GET 200', 'GET 400', 'GET 404', 'POST 202', 'POST 400', 'POST 404', 'POST 409'];
      expect([...seen.keys()]).toEqual(
        expect.arrayContaining([...statuses, 'POST 415', 'POST 422', 'PUT 200']),
      );
    },
    LIMIT_MS,
  );

  test('leave what was granted, and nothing else', async () => {
    const { runs, changes: stored } = await askedFor(sql);
    expect(runs).toEqual([...new Set(promised)].sort());
    expect(stored).toBe(changes);
    expect(await missing(sql, fired)).toEqual([]);
    expect(await halfApplied(sql)).toEqual([]);
    expect(await miscounted(sql)).toEqual([]);
  });

  test('change nothing when they are refused', async () => {
    await pauseSchedules();
    await atRest();
    const before = await digests(sql);
    const again = (at: number): Promise<string[]> =>
      answerOf(port, agent, refused[at]!).then(({ status }) =>
        ALWAYS_REFUSED.has(status) ? [] : [`${status} at last: ${refused[at]!.path}`],
      );
    expect(await inTurns(refused.length, again)).toEqual([]);
    expect(await digests(sql)).toEqual(before);
  }, 120_000);

  test('keep the coordinator from nothing: a run completes', async () => {
    const run = await cordyna.api.createRun({ task: 'fuzz.list' });
    const view = await cordyna.api.untilFinished(run);
    expect(new Set(view.tasks.map(({ state }) => state))).toEqual(new Set(['completed']));
    expect(cordyna.cerebros[0]!.process.exit).toBeUndefined();
    expect(cordyna.cerebros[0]!.process.output()).not.toMatch(/ERROR|Unhandled/);
  });
});
