import { afterEach, describe, expect, test } from '@jest/globals';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import pg from 'pg';
import { anyAlive, brokerAnswers, processTree } from '@cordyna/local-stack';
import {
  appEntry,
  awaitUntil,
  freePort,
  programCommand,
  REPOSITORY,
  startProcess,
  temporaryDirectory,
  testBroker,
  type StartedProcess,
} from '@cordyna/testkit';

/** `npm start` is the build and this; the build would replace under the feet of other tests what they run. */
const FIRST_UP = ['node', appEntry('dyna'), 'up'] as const;
/** The same programs, each in one file. */
const UP = [...programCommand('dyna'), 'up'] as const;
/** Some seconds on a quiet machine. */
const READY_MS = 120_000;
const TEST_MS = 300_000;
const GONE_MS = 30_000;

interface Ports {
  readonly kafka: number;
  readonly postgres: number;
  readonly http: number;
}

interface Started {
  readonly ports: Ports;
  readonly home: string;
  readonly up: StartedProcess;
}

async function start(
  command: readonly [string, ...string[]] = UP,
  more: Readonly<Record<string, string>> = {},
  at?: { readonly ports: Ports; readonly home: string },
): Promise<Started> {
  const ports = at?.ports ?? { kafka: await freePort(), postgres: await freePort(), http: await freePort() };
  const home = at?.home ?? join(await temporaryDirectory('home'), 'data');
  const env = {
    CORDYNA_KAFKA_PORT: String(ports.kafka),
    CORDYNA_POSTGRES_PORT: String(ports.postgres),
    CORDYNA_HTTP_PORT: String(ports.http),
    CORDYNA_HOME: home,
    CORDYNA_EXAMPLES: 'none',
    ...more,
  };
  return { ports, home, up: await startProcess({ name: 'up', command, cwd: REPOSITORY, env }) };
}

const untilUp = (up: StartedProcess): Promise<unknown> =>
  up.waitForOutput(/Ctrl-C stops all of it/, READY_MS);
const ready = async ({ http }: Ports): Promise<boolean> =>
  (await fetch(`http://127.0.0.1:${http}/health/ready`)).status === 200;
const gone = (tree: readonly number[]): Promise<unknown> =>
  awaitUntil('every process is gone', () => !anyAlive(tree), { timeoutMs: GONE_MS });

async function query({ postgres }: Ports, text: string): Promise<unknown[]> {
  const connectionString = `postgres://cordyna:cordyna@127.0.0.1:${postgres}/cordyna`;
  const client = new pg.Client({ connectionString });
  await client.connect();
  return (await client.query(text).finally(() => client.end())).rows as unknown[];
}

interface Row {
  readonly pid: number;
  readonly group: number;
  readonly command: string;
}

/** Pid, process group and command line of everything that runs. */
function running(): Row[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        const stat = readFileSync(`/proc/${name}/stat`, 'latin1');
        const [state, , group] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
        const command = readFileSync(`/proc/${name}/cmdline`, 'latin1').replaceAll('\0', ' ');
        return state === 'Z' ? [] : [{ pid: Number(name), group: Number(group), command }];
      } catch {
        return []; // it ended meanwhile
      }
    });
}

/** What the first test leaves behind: its stop was an orderly one. Who is not about a first start goes on with it. */
let left: { readonly ports: Ports; readonly home: string } | undefined;
let trees: number[][] = [];
afterEach(() => {
  const alive = trees.filter((tree) => anyAlive(tree));
  trees = [];
  expect(alive).toEqual([]);
});

function remember(up: StartedProcess): number[] {
  const tree = processTree(up.pid);
  trees.push(tree);
  return tree;
}

describe('the whole system on one machine', () => {
  test(
    'runs from nothing, says what runs where, and after SIGTERM to its group nothing is left',
    async () => {
      const { ports, home, up } = await start(FIRST_UP, { CORDYNA_EXAMPLES: 'all' });
      await untilUp(up);
      const tree = remember(up);
      expect(up.output()).toMatch(new RegExp(`Kafka +127\\.0\\.0\\.1:${ports.kafka}`));
      expect(up.output()).toMatch(new RegExp(`PostgreSQL +postgres://.*127\\.0\\.0\\.1:${ports.postgres}`));
      expect(up.output()).toMatch(
        new RegExp(`Cerebro and the monitor +http://127\\.0\\.0\\.1:${ports.http}`),
      );
      expect(up.output()).toMatch(/example task-server-a +pid \d+/);
      expect(await ready(ports)).toBe(true);
      expect(await brokerAnswers(ports.kafka)).toBe(true);
      expect(readdirSync(home).sort()).toEqual(['kafka', 'logs', 'postgres']);
      expect(tree.length).toBeGreaterThan(6);

      const invoke = await startProcess({
        name: 'invoke',
        command: [...programCommand('dyna'), 'invoke', 'server-a.extract', '--wait'],
        env: { CORDYNA_URL: `http://127.0.0.1:${ports.http}` },
      });
      expect(await invoke.exited).toEqual({ code: 0, signal: null });
      expect(invoke.output()).toMatch(
        /of server-a\.extract is completed .*\n└─ server-a\.extract {2}✔ completed {2}on /,
      );

      await query(ports, 'CREATE TABLE kept AS SELECT 1 AS id');
      process.kill(-up.pid, 'SIGTERM');
      expect(await up.exited).toEqual({ code: 0, signal: null });
      await gone(tree);
      expect(running().filter(({ group }) => group === up.pid)).toEqual([]);
      expect(up.output()).toMatch(/stopping, because of SIGTERM\n.*everything is stopped\n$/s);
      left = { ports, home };
    },
    TEST_MS,
  );

  test(
    'keeps its data over a stop and starts again on the same ports; the death of a part is said, and ends everything with an error',
    async () => {
      const { up, ports, home } = await start(UP, {}, left);
      await untilUp(up);
      const tree = remember(up);
      expect(await query(ports, 'SELECT id FROM kept')).toEqual([{ id: 1 }]);

      const [cerebro] = running().filter(
        ({ pid, command }) => tree.includes(pid) && /cerebro\W+dist/.test(command),
      );
      process.kill(cerebro?.pid ?? NaN, 'SIGKILL');
      expect(await up.exited).toEqual({ code: 2, signal: null });
      expect(up.output()).toMatch(/dyna: cerebro was ended by SIGKILL/);
      expect(up.output()).toContain(join(home, 'logs', 'cerebro.log'));
      await gone(tree);
    },
    TEST_MS,
  );

  test(
    'a Ctrl-C while it starts stops what has been started',
    async () => {
      const { up } = await start(UP, {}, left);
      await up.waitForOutput(/Kafka is ready/, READY_MS);
      const tree = remember(up);
      expect(await up.kill('SIGINT')).toEqual({ code: 0, signal: null });
      await gone(tree);
    },
    TEST_MS,
  );

  test(
    'a kill -9 of it leaves nothing running',
    async () => {
      const { up } = await start(UP, {}, left);
      await untilUp(up);
      const tree = remember(up);
      process.kill(up.pid, 'SIGKILL');
      await gone(tree);
    },
    TEST_MS,
  );

  test(
    'the end of npm ends it too, though its shell passes no signal on',
    async () => {
      const { brokers, prefix } = await testBroker();
      const given = { KAFKA_BROKERS: brokers.join(','), CORDYNA_TOPIC_PREFIX: prefix };
      // Right after a kill -9: the killed PostgreSQL may still be seen as the owner of the data.
      const { up } = await start(['npm', 'exec', '--silent', '-c', `"${UP.join('" "')}"; true`], given, left);
      await untilUp(up);
      const tree = remember(up);
      expect(tree.length).toBeGreaterThan(4);
      process.kill(up.pid, 'SIGTERM');
      await gone(tree);
      expect(up.output()).toMatch(/stopping, because of (the end of npm|SIGTERM)/);
    },
    TEST_MS,
  );

  test.each(['CORDYNA_KAFKA_PORT', 'CORDYNA_POSTGRES_PORT', 'CORDYNA_HTTP_PORT'])(
    'a port in use is one clear error that names %s, before anything is started',
    async (variable) => {
      const port = await freePort();
      const server = createServer();
      await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
      const { up, home } = await start(UP, { [variable]: String(port) });
      expect(await up.exited).toEqual({ code: 2, signal: null });
      const errors = up.output().match(/^dyna: .*$/gm);
      expect(errors).toEqual([
        expect.stringMatching(`Port ${port} for \\w+ is in use: .* set ${variable} to a free`),
      ]);
      expect(existsSync(home)).toBe(false);
      await new Promise((resolve) => server.close(resolve));
    },
    30_000,
  );
});
