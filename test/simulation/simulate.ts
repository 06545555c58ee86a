import { Logger } from '@nestjs/common';
import { Authors } from './actors/authors.js';
import { Clients } from './actors/clients.js';
import { Fleet } from './actors/fleet.js';
import { Happenings } from './actors/happenings.js';
import { Nemesis } from './actors/nemesis.js';
import { drawn, limited, scenarioOf, unscheduled, type Scenario } from './actors/scenario.js';
import { siteOf, type Site, type SiteOptions } from './actors/site.js';
import { TaskServer } from './actors/task-server.js';
import { comeToRest } from './rest.js';
import { checkCapacity } from './check/capacity.js';
import { checkDeadLetters, checkRequests, checkRest, checkSchedules } from './check/bus.js';
import { checkInvokes } from './check/commands.js';
import { checkDefinitions } from './check/definitions.js';
import { checkEvents } from './check/events.js';
import { checkFanOut } from './check/fan-out.js';
import { checkFreshness } from './check/freshness.js';
import { checkRuns, checkSources } from './check/history.js';
import { checkLimits } from './check/limits.js';
import { checkStalls } from './check/stalls.js';
import { checkLost, checkTimeouts } from './check/watchdogs.js';

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

export interface Options extends SiteOptions {
  /** In place of what the seed says. */
  readonly scenario?: Partial<Scenario>;
  /** How many attempts of each task may go on at once; no limit when absent. */
  readonly limit?: number;
  /** Is shown what is there at the end. */
  readonly look?: (site: Site) => void;
}

let last: Promise<unknown> = Promise.resolve();

/** One installation through its faults and back to rest. The same seed is the same simulation. */
export function simulate(seed: number, options: Options = {}): Promise<Report> {
  // There is one `setTimeout`: even one that nobody waits for any more is played to its end before the next begins.
  const report = last.then(() => alone(seed, options));
  last = report.catch(() => undefined);
  return report;
}

async function alone(seed: number, { look, scenario, limit, ...options }: Options): Promise<Report> {
  Logger.overrideLogger(false);
  const site = siteOf(seed, options);
  const giveBack = site.world.takeTimers();
  try {
    const report = await played(seed, site, scenario, limit);
    look?.(site);
    return report;
  } finally {
    giveBack();
  }
}

async function played(
  seed: number,
  site: Site,
  instead: Partial<Scenario> = {},
  limit?: number,
): Promise<Report> {
  const { world, random, db, faults } = site;
  const began = world.now;
  const scenario = limited({ ...scenarioOf(random), ...instead }, limit);
  const fleet = new Fleet(site, scenario.coordinators);
  const servers = scenario.declarations.map(({ server }) => new TaskServer(site, server, scenario));
  const clients = new Clients(site, scenario, () => fleet.all);
  const happenings = scenario.hasRules ? new Happenings(site, scenario, () => fleet.all) : null;
  const authors = scenario.hasAuthors ? new Authors(site, scenario, () => fleet.all, servers) : null;
  fleet.start();
  happenings?.start();
  authors?.start();
  begin(site, scenario, servers, clients);
  new Nemesis(site, fleet, servers, clients).start();
  await world.run(scenario.troubleMs);
  heal(site, scenario, servers);
  authors?.finish();
  const unrest = await comeToRest(site, fleet, servers, clients, happenings);
  const violations = [
    ...unrest,
    ...[checkRest, checkRuns, checkSources, checkInvokes, checkTimeouts, checkLost, checkStalls].flatMap(
      (check) => check(site),
    ),
    ...[checkDeadLetters, checkSchedules, checkFreshness, checkLimits, checkFanOut, checkCapacity].flatMap(
      (check) => check(site),
    ),
    ...checkRequests(site, clients.promises),
    ...checkEvents(site, happenings),
    ...checkDefinitions(site, authors),
  ];
  const rows = [...db.runs.values()];
  return {
    ...{ seed, violations, runs: rows.length, faults: faults.counts, events: world.events },
    transitions: rows.reduce((sum, { history }) => sum + history.length, 0),
    simulatedMs: world.now - began,
    fingerprint: fingerprintOf(site),
  };
}

function begin(site: Site, scenario: Scenario, servers: readonly TaskServer[], clients: Clients): void {
  const { world, random } = site;
  const { declarations, bursts, troubleMs } = scenario;
  servers.forEach((server, at) => {
    const declaration = declarations[at];
    if (declaration) void server.declare(declaration);
    for (let n = random.between(1, 2); n > 0; n--) server.startInstance();
  });
  for (let n = drawn(random, 3, 20, scenario); n > 0; n--)
    world.after(random.between(1_000, troubleMs - 2_000), null, () => clients.request());
  for (let n = bursts; n > 0; n--)
    world.after(random.between(1_000, troubleMs - 2_000), null, () => clients.burst());
  for (let n = drawn(random, 0, 8, scenario); n > 0; n--)
    world.after(random.between(2_000, troubleMs), null, () => clients.cancelOrRetry());
}

function heal(site: Site, scenario: Scenario, servers: readonly TaskServer[]): void {
  const { faults, world } = site;
  faults.heal();
  for (const server of servers)
    world.after(8_500, null, () => {
      if (server.alive === 0) server.startInstance();
    });
  settleDown(site, scenario, servers);
}

/** Says the last about each server, once no copy of what was said before can arrive after it. */
function settleDown(site: Site, scenario: Scenario, servers: readonly TaskServer[]): void {
  const { world } = site;
  const { declarations, withdrawn } = scenario;
  if (world.held > 0) return void world.after(250, null, () => settleDown(site, scenario, servers));
  servers.forEach((server, at) => {
    const declaration = declarations[at];
    if (server.server === withdrawn) void server.withdraw();
    else if (declaration) void server.declare(unscheduled(declaration));
  });
}

function fingerprintOf({ db, broker, world }: Site): string {
  const runs = [...db.runs].map(
    ([id, { state, version, history }]) => `${id}:${state}:${version}:${history.length}`,
  );
  return `${runs.join()} ${broker.records('sim.events').length} ${db.deadLetters.length} ${world.events}`;
}
