import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, jest, test } from '@jest/globals';
import {
  awaitUntil,
  freePort,
  REPOSITORY,
  startProcess,
  temporaryDirectory,
  testBroker,
  testDatabase,
  type StartedProcess,
} from '@cordyna/testkit';
import ExcelJS from 'exceljs';
import pg from 'pg';

jest.setTimeout(120_000);

const EXAMPLE = join(REPOSITORY, 'examples/data-processing-flow');
const run = promisify(execFile);
type Cell = string | number | null;

/** With the ordinary reader and writer, not the streaming ones of the example. */
async function read(path: string): Promise<Record<string, Cell>[]> {
  const workbook = new ExcelJS.Workbook();
  await workbook.xlsx.readFile(path);
  expect(workbook.worksheets).toHaveLength(1);
  const [header = [], ...rows] = workbook.worksheets[0]!.getSheetValues().slice(1) as Cell[][];
  return rows.map((row) =>
    Object.fromEntries(header.slice(1).map((name, index) => [String(name), row[index + 1] ?? null])),
  );
}
async function write(path: string, rows: readonly (readonly Cell[])[]): Promise<string> {
  const workbook = new ExcelJS.Workbook();
  workbook.addWorksheet('Prices').addRows(rows.map((row) => [...row]));
  await workbook.xlsx.writeFile(path);
  return path;
}

let dir: string;
beforeAll(async () => {
  dir = await temporaryDirectory('example-flow');
});

describe('the jobs of the example', () => {
  const AT = '2026-11-21T10:00:00.000Z';
  const EARLIER = '2026-11-21T09:59:59.999Z';
  const job = async (name: string, ...paths: string[]): Promise<string> =>
    run(process.execPath, [join(EXAMPLE, 'scripts', `${name}.mjs`), ...paths], { timeout: 60_000 }).then(
      () => '',
      ({ stderr }: { stderr: string }) => stderr.trim(),
    );
  const target = (): string => join(dir, `${(made += 1)}-target.xlsx`);
  let made = 0;

  test('one row is no deviation away from the mean', async () => {
    const [source, to] = [
      await write(join(dir, 'a-one.xlsx'), [
        ['isin', 'nav', 'time_started'],
        ['X1', 5.5, AT],
      ]),
      target(),
    ];

    expect(await job('z-score', source, to)).toBe('');
    expect(await read(to)).toEqual([{ isin: 'X1', nav: 5.5, time_started: AT, z_score_nav: 0 }]);
  });

  test('the merge keeps every row of A, takes 0 where B has none, and the earlier time', async () => {
    const a = await write(join(dir, 'a-scored.xlsx'), [
      ['isin', 'nav', 'time_started', 'z_score_nav'],
      ['X2', 1, AT, -1],
      ['X1', 2, AT, 0],
      ['X3', 3, AT, 1],
    ]);
    const b = await write(join(dir, 'b-timed.xlsx'), [
      ['time_started', 'subscriptions', 'isin'],
      [EARLIER, 7, 'X1'],
      ['2026-11-21T10:00:00.001Z', 8, 'X3'],
      [EARLIER, 9, 'X9'],
    ]);
    const to = target();

    expect(await job('merge', a, b, to)).toBe('');
    expect(await read(to)).toEqual([
      { isin: 'X2', nav: 1, z_score_nav: -1, subscriptions: 0, time_started: AT },
      { isin: 'X1', nav: 2, z_score_nav: 0, subscriptions: 7, time_started: EARLIER },
      { isin: 'X3', nav: 3, z_score_nav: 1, subscriptions: 8, time_started: AT },
    ]);
  });

  const rows: readonly (readonly [string, string, readonly (readonly Cell[])[] | string, string])[] = [
    ['add-time-started', 'a file of no bytes', '', 'a.xlsx is no .xlsx file that can be read'],
    ['add-time-started', 'an empty sheet', [], 'a.xlsx is empty: its first row must name the columns isin, nav'],
    ['add-time-started', 'a header alone', [['isin', 'nav']], 'a.xlsx has no rows below the names of its columns'],
    ['add-time-started', 'a missing column', [['isin', 'price'], ['X1', 1]], 'a.xlsx: the column nav is missing; its columns are: isin, price'],
    ['add-time-started', 'text for a number', [['isin', 'nav'], ['X1', 1], ['X2', 'much']], 'a.xlsx, row 3: nav must be a number, not "much"'],
    ['add-time-started', 'an empty cell', [['isin', 'nav'], [null, 1]], 'a.xlsx, row 2: isin must be a text, not nothing'],
    ['z-score', 'an isin twice', [['isin', 'nav', 'time_started'], ['X1', 1, AT], ['X2', 1, AT], ['X1', 2, AT]], 'a.xlsx: an isin must stand once: X1 (rows 2, 4)'],
  ]; // prettier-ignore
  test.each(rows)(
    '%s says what is wrong with %s, and leaves no target',
    async (name, _what, content, message) => {
      const folder = join(dir, `case-${(made += 1)}`);
      mkdirSync(folder);
      const source = join(folder, 'a.xlsx');
      if (typeof content === 'string') writeFileSync(source, content);
      else await write(source, content);
      const to = target();

      expect(await job(name, source, to)).toContain(message);
      expect(existsSync(to)).toBe(false);
    },
  );
});

describe('npm run example:flow', () => {
  const ROWS = 300;
  let env: Record<string, string>;
  let pool: pg.Pool;
  const root = (): string => join(dir, 'home/data-processing-flow');
  const path = (name: string): string => join(root(), name);
  const start = (): Promise<StartedProcess> =>
    startProcess({
      name: 'example',
      command: ['node', join(EXAMPLE, 'run.mjs'), '--rows', String(ROWS)],
      cwd: REPOSITORY,
      env,
    });

  beforeAll(async () => {
    const [{ brokers, prefix }, { url }] = await Promise.all([testBroker(), testDatabase()]);
    env = {
      ...{ KAFKA_BROKERS: brokers.join(','), CORDYNA_TOPIC_PREFIX: prefix, DATABASE_URL: url },
      ...{ CORDYNA_HTTP_PORT: String(await freePort()), CORDYNA_HOME: join(dir, 'home') },
    };
    pool = new pg.Pool({ connectionString: url, max: 1 });
  });

  test('stopped in the middle and started again saves the merged rows, and redoes nothing', async () => {
    const first = await start();
    await awaitUntil('the first job is done', () => existsSync(path('timed/a.xlsx')), { timeoutMs: 60_000 });
    await first.stop(60_000);
    const before = statSync(path('timed/a.xlsx')).mtimeMs;
    const again = await start();
    const { code } = await again.exited;

    expect({ code, output: again.output() }).toMatchObject({
      code: 0,
      output: expect.stringContaining(`${ROWS} rows are saved`),
    });
    expect(statSync(path('timed/a.xlsx')).mtimeMs).toBe(before);
  });

  test('what is saved is what independent arithmetic gives', async () => {
    const [a, b, timedA, timedB] = (await Promise.all(
      ['in/a.xlsx', 'in/b.xlsx', 'timed/a.xlsx', 'timed/b.xlsx'].map((name) => read(path(name))),
    )) as [Record<string, Cell>[], Record<string, Cell>[], Record<string, Cell>[], Record<string, Cell>[]];
    const navs = a.map(({ nav }) => Number(nav));
    const mean = navs.reduce((sum, nav) => sum + nav, 0) / navs.length;
    const deviation = Math.sqrt(navs.reduce((sum, nav) => sum + (nav - mean) ** 2, 0) / navs.length);
    const subscriptions = new Map(b.map((row) => [row['isin'], row['subscriptions']]));
    const { rows } = await pool.query('SELECT * FROM merged_prices ORDER BY isin');
    await pool.end();

    expect(rows).toHaveLength(ROWS);
    const [atA, atB] = [timedA, timedB].map((timed) => String(timed[0]!['time_started']));
    for (const [index, { isin, nav }] of a.entries()) {
      const inB = subscriptions.get(isin ?? null);
      const earlier = inB !== undefined && atB! < atA! ? atB : atA;
      expect(rows[index]).toMatchObject({
        file: 'merged.xlsx',
        isin,
        nav,
        subscriptions: inB ?? 0,
        time_started: new Date(earlier!),
      });
      expect((rows[index] as { z_score_nav: number }).z_score_nav).toBeCloseTo(
        (Number(nav) - mean) / deviation,
        9,
      );
    }
    expect(
      [...subscriptions.keys()].filter((isin) => !a.some((row) => row['isin'] === isin)).length,
    ).toBeGreaterThan(0);
  });
});
