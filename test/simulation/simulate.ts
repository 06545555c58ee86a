import { Logger } from '@nestjs/common';
import { positionOf } from '../../apps/cerebro/src/coordination/ports/index.js';
import { Clients } from './actors/clients.js';
import { Fleet } from './actors/fleet.js';
import { Nemesis } from './actors/nemesis.js';
import { scenarioOf, unscheduled, type Scenario } from './actors/scenario.js';
import { INBOUND, siteOf, type Sabotage, type Site } from './actors/site.js';
import { TaskServer } from './actors/task-server.js';
import { checkDeadLetters, checkRequests, checkRest, checkSchedules } from './check/bus.js';
import { checkInvokes } from './check/commands.js';
import { checkFreshness } from './check/freshness.js';
import { checkRuns, checkSources } from './check/history.js';
import { checkLost, checkTimeouts } from './check/watchdogs.js';

/** Faults and load last this long; then everything is healed and must come to rest. */
const TROUBLE_MS = 25_000;
const REST_LIMIT_MS = 240_000;
/** After rest, for what is still under way: bytes that were held back, and the sweeper. */
const AFTERMATH_MS = 18_000;

export interface Report {
  readonly seed: number;
  /** Empty: every invariant holds. */
  readonly violations: readonly string[];
  readonly runs: number;
  readonly transitions: number;
  readonly faults: ReadonlyMap<string, number>;
  readonly events: number;
  readonly simulatedMs: number;
  /** Of everything that is stored: two simulations of one seed give the same. */
  readonly fingerprint: string;
}

export interface Options {
  readonly sabotage?: Sabotage;
  /** Is shown what is there at the end. */
  readonly look?: (site: Site) => void;
}

/** One installation through 25 s of faults and back to rest. The same seed is the same simulation. */
export async function simulate(seed: number, { sabotage, look }: Options = {}): Promise<Report> {
  Logger.overrideLogger(false);
  const site = siteOf(seed, sabotage);
  const giveBack = site.world.takeTimers();
  try {
    const report = await played(seed, site);
    look?.(site);
    return report;
  } finally {
    giveBack();
  }
}

async function played(seed: number, site: Site): Promise<Report> {
  const { world, random, db, faults } = site;
  const began = world.now;
  const scenario = scenarioOf(random);
  const fleet = new Fleet(site, scenario.coordinators);
  const servers = scenario.declarations.map(({ server }) => new TaskServer(site, server, scenario));
  const clients = new Clients(site, scenario, () => fleet.all);
  fleet.start();
  begin(site, scenario, servers, clients);
  new Nemesis(site, fleet, servers, clients).start();
  await world.run(TROUBLE_MS);
  heal(site, scenario, servers);
  const open = (): string[] => [
    ...(clients.isIdle ? [] : ['clients']),
    ...servers.filter(({ isIdle }) => !isIdle).map(({ server }) => server),
    ...openIn(site),
  ];
  const isAtRest = (): boolean => open().length === 0;
  const rested = await world.run(REST_LIMIT_MS, { everyMs: 250, done: isAtRest });
  const stillOpen = open().join(', ');
  await world.run(AFTERMATH_MS);
  // Heartbeats never end: a moment between two of them.
  await world.run(5_000, { everyMs: 7, done: isAtRest });
  const violations = [
    ...(rested ? [] : [`not at rest ${REST_LIMIT_MS} ms after the last fault: ${stillOpen}`]),
    ...[checkRest, checkRuns, checkSources, checkInvokes, checkTimeouts, checkLost].flatMap((check) =>
      check(site),
    ),
    ...[checkDeadLetters, checkSchedules, checkFreshness].flatMap((check) => check(site)),
    ...checkRequests(site, clients.promises),
  ];
  const rows = [...db.runs.values()];
  return {
    ...{ seed, violations, runs: rows.length, faults: faults.counts, events: world.events },
    transitions: rows.reduce((sum, { history }) => sum + history.length, 0),
    simulatedMs: world.now - began,
    fingerprint: fingerprintOf(site),
  };
}

function begin(
  site: Site,
  { declarations }: Scenario,
  servers: readonly TaskServer[],
  clients: Clients,
): void {
  const { world, random } = site;
  servers.forEach((server, at) => {
    const declaration = declarations[at];
    if (declaration) void server.declare(declaration);
    for (let n = random.between(1, 2); n > 0; n--) server.startInstance();
  });
  for (let n = random.between(3, 20); n > 0; n--)
    world.after(random.between(1_000, TROUBLE_MS - 2_000), null, () => clients.request());
  for (let n = random.between(0, 8); n > 0; n--)
    world.after(random.between(2_000, TROUBLE_MS), null, () => clients.cancelOrRetry());
}

function heal(site: Site, { declarations, withdrawn }: Scenario, servers: readonly TaskServer[]): void {
  const { faults, world } = site;
  faults.heal();
  servers.forEach((server, at) => {
    const declaration = declarations[at];
    if (server.server === withdrawn) void server.withdraw();
    else if (declaration) void server.declare(unscheduled(declaration));
    world.after(8_500, null, () => {
      if (server.alive === 0) server.startInstance();
    });
  });
}

/** What the installation has not done yet. */
function openIn({ db, broker }: Site): string[] {
  const open: string[] = [];
  if (db.outbox.size > 0) open.push('the outbox');
  if ([...db.runs.values()].some(({ state }) => state === 'running')) open.push('runs');
  if ([...db.schedules.values()].some(({ value }) => value.active)) open.push('schedules');
  for (const topic of INBOUND) {
    for (let partition = 0; partition < broker.partitionsOf(topic); partition++) {
      const at = db.positions.get(positionOf(topic, partition)) ?? 0n;
      if (broker.end(topic, partition) !== at) open.push(`${topic}/${partition}`);
    }
  }
  return open;
}

function fingerprintOf({ db, broker, world }: Site): string {
  const runs = [...db.runs].map(
    ([id, { state, version, history }]) => `${id}:${state}:${version}:${history.length}`,
  );
  return `${runs.join()} ${broker.records('sim.events').length} ${db.deadLetters.length} ${world.events}`;
}
