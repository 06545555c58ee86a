import { setTimeout as delay } from 'node:timers/promises';
import { sendSignal } from '@cordyna/local-stack';
import { awaitUntil } from '@cordyna/testkit';
import { Random } from '../../simulation/world/random.js';
import { check } from '../checker/check.js';
import type { Fault } from '../checker/evidence.js';
import { collect } from '../evidence/collect.js';
import { lastRefusal } from '../faults/last-refusal.js';
import { graphOf } from '../load/graph.js';
import { startLoad } from '../load/load.js';
import { AS_IN_PRODUCTION } from '../settings.js';
import type { Disk, Machines } from '../stack/machines.js';
import { bringToRest } from '../stack/rest.js';
import { startSite } from '../stack/site.js';
import { watchGauges, type Look } from './gauges.js';

export const OUTAGES = ['kafka', 'postgres', 'kafka-disk', 'postgres-disk'] as const;
export type Outage = (typeof OUTAGES)[number];

export interface OutageOptions {
  readonly outage: Outage;
  readonly seconds: number;
  readonly seed: number;
  readonly perSecond: number;
  readonly say: (line: string) => void;
}

/** One line of docs/reliability/outages.jsonl. */
export interface MeasuredOutage {
  readonly outage: Outage;
  readonly seconds: number;
  readonly seed: number;
  readonly perSecond: number;
  readonly runs: number;
  readonly attempts: number;
  /** Of the server itself, which a full disk may end. */
  readonly isServerEnded: boolean;
  /** Until the last coordinator said that it is not ready. */
  readonly unreadyAfterMs: number | null;
  readonly reasons: readonly string[];
  readonly mostUnpublished: number;
  /** From the end of the outage until every coordinator said that it is ready. */
  readonly readyAfterMs: number | null;
  /** From the end of the outage until all that was under way when it began had ended. */
  readonly recoveryMs: number;
  readonly timeoutsByCode: Readonly<Record<string, number>>;
  readonly ownEnds: number;
  readonly violations: number;
}

const STEADY_MS = 15_000;
const AFTERWARDS_MS = 30_000;

export const diskOf = (outage: Outage): Disk | null =>
  outage === 'kafka-disk' ? 'kafka' : outage === 'postgres-disk' ? 'postgres' : null;

/** Under steady load Kafka or PostgreSQL is away for so long, or its disk is full. */
export async function measureOutage(machines: Machines, options: OutageOptions): Promise<MeasuredOutage> {
  const { outage, seconds, seed, perSecond, say } = options;
  const graph = graphOf(new Random(seed), AS_IN_PRODUCTION.timing);
  const { coordinators, env, limits, restMs } = AS_IN_PRODUCTION;
  const onOwnEnd = (name: string, output: string): void => say(`${name} ended by itself:\n${output}`);
  const site = await startSite(machines, { coordinators, graph, env, onOwnEnd });
  const load = await startLoad(site, graph, { seed, perSecond });
  const gauges = watchGauges(site);
  await delay(STEADY_MS);
  say(`${outage}: away for ${seconds} s`);
  const { fault, isServerEnded } = await beAway(machines, outage, seconds * 1_000);
  say(`${outage}: back`);
  await delay(AFTERWARDS_MS);
  const asked = await load.end();
  await gauges.end();
  const problem = await bringToRest(site, restMs);
  if (problem) say(problem);
  const evidence = await collect(site, { ...asked, lists: graph.lists, faults: [fault], limits });
  const { violations, figures, recoveries } = check(evidence);
  for (const { invariant, what } of violations) say(`VIOLATION ${invariant}: ${what}`);
  const { runs, attempts, timeoutsByCode } = figures;
  return {
    ...{ outage, seconds, seed, perSecond, runs, attempts, isServerEnded },
    ...seen(gauges.looks, fault),
    ...{ recoveryMs: recoveries[0]?.ms ?? 0, timeoutsByCode, violations: violations.length },
    ownEnds: [...site.coordinators, ...Object.values(site.servers)].reduce(
      (sum, one) => sum + one.ownEnds,
      0,
    ),
  };
}

interface Away {
  readonly fault: Fault;
  readonly isServerEnded: boolean;
}

async function beAway(machines: Machines, outage: Outage, lengthMs: number): Promise<Away> {
  const server = outage.startsWith('kafka') ? machines.kafka : machines.postgres.postgres;
  const disk = machines.disks[outage.startsWith('kafka') ? 'kafka' : 'postgres'];
  const beganMs = Date.now();
  if (disk) await disk.fill();
  else if (server === machines.kafka) await server.kill();
  else sendSignal(server.pid, 'SIGQUIT');
  // With a full disk it may go on for a while, and take nothing.
  await awaitUntil(`${outage} has lasted`, () => Date.now() - beganMs > lengthMs, {
    timeoutMs: 2 * lengthMs,
  });
  const isServerEnded = !server.running;
  await disk?.empty();
  const closed = isServerEnded && server === machines.kafka ? lastRefusal(machines.brokers[0] ?? '') : null;
  if (isServerEnded) await server.start();
  const closedUntilMs = (await closed) ?? undefined;
  const times = { atMs: beganMs, healedMs: Date.now(), closedUntilMs };
  // A broker that lives with a full disk may still tell what it has.
  return { fault: { kind: outage, ...times, stopsKafka: closed !== null }, isServerEnded };
}

function seen(looks: readonly Look[], { atMs, healedMs }: Fault) {
  const all = [...new Set(looks.map(({ coordinator }) => coordinator))];
  const during = looks.filter((look) => look.atMs >= atMs && look.atMs < healedMs);
  const firstOf = (coordinator: number, from: number, isReady: boolean): number =>
    looks.find(
      (look) => look.coordinator === coordinator && look.atMs >= from && (look.status === 200) === isReady,
    )?.atMs ?? Number.NaN;
  const lastFrom = (from: number, isReady: boolean): number | null => {
    const ms = Math.max(...all.map((coordinator) => firstOf(coordinator, from, isReady))) - from;
    return Number.isFinite(ms) ? ms : null;
  };
  return {
    unreadyAfterMs: lastFrom(atMs, false),
    reasons: [...new Set(during.flatMap(({ reasons }) => reasons))].sort(),
    mostUnpublished: Math.max(0, ...looks.map(({ unpublished }) => unpublished)),
    readyAfterMs: lastFrom(healedMs, true),
  };
}
