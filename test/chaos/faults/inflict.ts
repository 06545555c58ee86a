import { setTimeout as delay } from 'node:timers/promises';
import { sendSignal } from '@cordyna/local-stack';
import type { StartedCerebro, TcpProxy } from '@cordyna/testkit';
import type { Kept, Victim } from '../stack/kept.js';
import type { Server, Site } from '../stack/site.js';
import type { DoneFault, PlannedFault } from './fault.js';
import type { Kind } from './kinds.js';
import { lastRefusal } from './last-refusal.js';

/** How long a trap waits for a transaction to step on it. */
const TRAP_MS = 10_000;
const SLOW_MS = { least: 200, spread: 800 };
/** PostgreSQL's message behind the last statement: a transaction of nothing but these is committed by it. */
const SYNC = 'S\0\0\0\x04';

/** What was taken away at `atMs` is back at `healedMs`; null: it did not come about. */
interface Span {
  readonly atMs: number;
  readonly healedMs: number;
  readonly closedUntilMs?: number;
}
type Inflict = (site: Site, planned: PlannedFault) => Promise<Span | null>;

const coordinatorOf = (site: Site, target: number): Kept<StartedCerebro> =>
  site.coordinators[target % site.coordinators.length] as Kept<StartedCerebro>;
const serverOf = (site: Site, target: number): Server => Object.values(site.servers)[target % 3] as Server;
const proxyOf = ({ proxies }: Site, target: number): TcpProxy =>
  [proxies.kafka, proxies.postgres, proxies.serverA][target % 3] as TcpProxy;

/** Others take over, so that nothing has to come back first. */
async function endedFor(victim: Victim, signal: 'SIGKILL' | 'SIGTERM', lengthMs: number): Promise<Span> {
  const atMs = Date.now();
  await victim.end(signal);
  await delay(lengthMs);
  await victim.start();
  return { atMs, healedMs: atMs };
}

async function stoppedFor(victim: Victim, lengthMs: number): Promise<Span> {
  const atMs = Date.now();
  const { process } = victim;
  process?.pause();
  await delay(lengthMs);
  process?.resume();
  return { atMs, healedMs: atMs };
}

/** The first coordinator, when all of a transaction but what commits it has reached PostgreSQL. */
export async function stopInTransaction(site: Site, lengthMs: number): Promise<Span | null> {
  const [victim] = site.coordinators;
  const { postgres } = site.proxies;
  const { process } = victim as Kept<StartedCerebro>;
  const sprung = new Promise<number | null>((resolve) => {
    const onSprung = (): void => {
      process?.pause();
      resolve(Date.now());
    };
    postgres.trap({ direction: 'toServer', after: 'runs_update', mark: SYNC, onSprung });
    setTimeout(() => resolve(null), TRAP_MS);
  });
  const atMs = await sprung;
  postgres.trap(null);
  if (atMs === null) return null;
  await delay(lengthMs);
  postgres.release('toServer');
  process?.resume();
  return { atMs, healedMs: atMs };
}

async function withProxy(
  site: Site,
  { target, lengthMs }: PlannedFault,
  begin: (proxy: TcpProxy) => void,
  end: (proxy: TcpProxy) => void,
): Promise<Span> {
  const proxy = proxyOf(site, target);
  const atMs = Date.now();
  begin(proxy);
  await delay(lengthMs);
  end(proxy);
  return { atMs, healedMs: Date.now() };
}

const INFLICT: Readonly<Record<Kind, Inflict>> = {
  'coordinator killed': (site, { target, lengthMs }) =>
    endedFor(coordinatorOf(site, target), 'SIGKILL', lengthMs),
  'coordinator stopped': (site, { target, lengthMs }) => stoppedFor(coordinatorOf(site, target), lengthMs),
  'coordinator stopped in a transaction': (site, { lengthMs }) => stopInTransaction(site, lengthMs),
  'coordinator ended': (site, { target, lengthMs }) =>
    endedFor(coordinatorOf(site, target), 'SIGTERM', lengthMs),
  'task server killed': (site, { target, lengthMs }) => endedFor(serverOf(site, target), 'SIGKILL', lengthMs),
  'task server stopped': (site, { target, lengthMs }) => stoppedFor(serverOf(site, target), lengthMs),
  'task server ended': (site, { target, lengthMs }) => endedFor(serverOf(site, target), 'SIGTERM', lengthMs),
  'Kafka killed': async ({ machines: { kafka, brokers } }, { lengthMs }) => {
    const atMs = Date.now();
    await kafka.kill();
    await delay(lengthMs);
    const [, closedUntilMs] = await Promise.all([kafka.start(), lastRefusal(brokers[0] ?? '')]);
    return { atMs, healedMs: Date.now(), closedUntilMs };
  },
  'PostgreSQL stopped at once': async ({ machines }, { lengthMs }) => {
    const { postgres } = machines.postgres;
    const atMs = Date.now();
    // "Immediate": no session is ended in order, and the next start recovers from the log.
    sendSignal(postgres.pid, 'SIGQUIT');
    while (postgres.running) await delay(10);
    await delay(lengthMs);
    await postgres.start();
    return { atMs, healedMs: Date.now() };
  },
  'network slow': (site, planned) =>
    withProxy(
      site,
      planned,
      (proxy) => proxy.delay(SLOW_MS.least + (planned.lengthMs % SLOW_MS.spread)),
      (proxy) => proxy.delay(0),
    ),
  'network reset': (site, planned) =>
    withProxy(
      site,
      planned,
      (proxy) => proxy.reset(),
      () => undefined,
    ),
  'network a black hole': (site, planned) =>
    withProxy(
      site,
      planned,
      (proxy) => proxy.blackHole(),
      (proxy) => {
        proxy.restore();
        // What was lost leaves no connection whole.
        proxy.reset();
      },
    ),
  'bytes held back': (site, planned) =>
    withProxy(
      site,
      planned,
      (proxy) => proxy.hold('toServer'),
      (proxy) => proxy.release('toServer'),
    ),
};

/** Does it, and resolves when it is over; null when it did not come about. */
export async function inflict(site: Site, planned: PlannedFault): Promise<DoneFault | null> {
  const { kind } = planned;
  const span = await INFLICT[kind](site, planned);
  return span && { kind, ...span, stopsKafka: kind === 'Kafka killed' };
}
