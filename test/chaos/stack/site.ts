import type { ServerDeclaration } from '@cordyna/protocol/model';
import { startCerebro, startSdkServer, uniquePrefix } from '@cordyna/testkit';
import type { SdkExecution, SdkServer, StartedCerebro, StartedProcess, TcpProxy } from '@cordyna/testkit';
import { startIndependentServer } from '../../conformance/independent-process.js';
import type { Execution } from '../checker/evidence.js';
import type { Graph, ServerName } from '../load/graph.js';
import { Kept } from './kept.js';
import { brokersBehind, type Machines } from './machines.js';
import type { Sources } from './sources.js';

export type Server = Kept<{
  readonly process: StartedProcess;
  readonly executions: () => readonly Execution[];
}>;

/** One installation on the machines, with processes that are started again when they end. */
export interface Site extends Sources {
  readonly machines: Machines;
  readonly coordinators: readonly Kept<StartedCerebro>[];
  readonly servers: Readonly<Record<ServerName, Server>>;
  /** What servers declare when they start. */
  readonly declared: Record<ServerName, ServerDeclaration>;
  /** What only the first coordinator goes through. */
  readonly proxies: { readonly kafka: TcpProxy; readonly postgres: TcpProxy; readonly serverA: TcpProxy };
  readonly urls: () => readonly string[];
}

export interface SiteOptions {
  readonly coordinators: number;
  readonly graph: Graph;
  readonly env: Readonly<Record<string, string>>;
  readonly onOwnEnd: (name: string, output: string) => void;
}

const CONCURRENCY = 50;
const READY_MS = 90_000;

function through(url: string, proxy: TcpProxy): string {
  const proxied = new URL(url);
  proxied.port = String(proxy.port);
  return proxied.href;
}

/** What the names of all processes of a coordinator begin with. */
export const instanceOf = (coordinator: number): string => `cerebro-${coordinator + 1}-`;

/** Resolves when every task of the graph is declared and its servers are heard of. */
export async function startSite(machines: Machines, options: SiteOptions): Promise<Site> {
  const prefix = uniquePrefix();
  const { url: databaseUrl } = await machines.postgres.createDatabase();
  const [toKafka, serverA] = machines.kafkaProxies as [TcpProxy, TcpProxy];
  const toPostgres = machines.postgres.proxy;
  const keep = (at: number): Kept<StartedCerebro> => {
    const proxied = at === 0;
    let starts = 0;
    const launch = (): Promise<StartedCerebro> =>
      startCerebro({
        brokers: proxied ? brokersBehind(toKafka) : machines.brokers,
        databaseUrl: proxied ? through(databaseUrl, toPostgres) : databaseUrl,
        prefix,
        env: {
          CORDYNA_LOG_LEVEL: 'warn',
          CORDYNA_PARTITIONS: '12',
          CORDYNA_INSTANCE: `${instanceOf(at)}${(starts += 1)}`,
          ...options.env,
        },
        readyMs: 0,
      });
    return new Kept(`coordinator ${at + 1}`, launch, options.onOwnEnd);
  };
  const coordinators = Array.from({ length: options.coordinators }, (_, at) => keep(at));
  await Promise.all(coordinators.map((coordinator) => coordinator.start()));
  await Promise.all(coordinators.map(({ current }) => current?.untilReady(READY_MS)));
  const instances: Server['current'][] = [];
  const declared = { ...options.graph.declarations };
  const servers = serversOf(machines, prefix, { ...options, declared }, (one) => instances.push(one));
  await Promise.all(Object.values(servers).map((server) => server.start()));
  const [first] = coordinators;
  await Promise.all(['a', 'b'].map((server) => first?.current?.api.untilOnline(server, READY_MS)));
  await servers.c.process?.waitForOutput(/"what":"ready"/, READY_MS);
  return {
    ...{ machines, brokers: machines.brokers, prefix, databaseUrl, coordinators, servers, declared },
    serverNames: Object.keys(servers),
    proxies: { kafka: toKafka, postgres: toPostgres, serverA },
    executions: () => instances.flatMap((instance) => [...(instance?.executions() ?? [])]),
    urls: () => coordinators.flatMap(({ current }) => (current ? [current.url] : [])),
  };
}

function serversOf(
  machines: Machines,
  prefix: string,
  { graph, declared, onOwnEnd }: SiteOptions & Pick<Site, 'declared'>,
  onStart: (instance: Server['current']) => void,
): Record<ServerName, Server> {
  const keep = (
    name: ServerName,
    launch: () => Promise<{ process: StartedProcess; executions: () => readonly unknown[] }>,
  ): Server =>
    new Kept(
      `server ${name}`,
      async () => {
        const { process, executions } = await launch();
        const read = () => executions().map((one) => executionOf(one as SdkExecution, process.pid));
        const started = { process, executions: read };
        onStart(started);
        return started;
      },
      onOwnEnd,
    );
  const sdk = (name: ServerName, brokers: readonly string[]): Promise<SdkServer> =>
    startSdkServer({
      ...{ brokers, prefix, concurrency: CONCURRENCY },
      declaration: declared[name],
      behaviours: asJson(graph.behaviours[name]),
    });
  return {
    a: keep('a', () => sdk('a', brokersBehind(machines.kafkaProxies[1]))),
    b: keep('b', () => sdk('b', machines.brokers)),
    c: keep('c', () =>
      startIndependentServer({
        ...{ brokers: machines.brokers, prefix, capacity: CONCURRENCY },
        declaration: declared.c,
        behaviour: asJson(graph.behaviours.c),
      }),
    ),
  };
}

const asJson = <T>(behaviours: object): T => JSON.parse(JSON.stringify(behaviours)) as T;

const executionOf = (line: SdkExecution, pid: number): Execution => {
  const { invocation, run, task, attempt } = line;
  return { invocation, run, task, attempt, by: `process ${pid}` };
};
