import { positionOf } from '../../apps/cerebro/src/coordination/ports/index.js';
import type { Clients } from './actors/clients.js';
import type { Fleet } from './actors/fleet.js';
import type { Happenings } from './actors/happenings.js';
import { INBOUND, type Site } from './actors/site.js';
import type { TaskServer } from './actors/task-server.js';

const REST_LIMIT_MS = 240_000;
/** Held bytes are under way for 18 s, and nobody sleeps for longer. */
const AFTERMATH_LIMIT_MS = 40_000;
/** With nothing under way and nobody asleep: long enough for every timer to look once more. */
const CALM_MS = 2_500;

/** Runs until everything is done and nothing is left that could still happen. Returns what did not come to rest. */
export async function comeToRest(
  site: Site,
  fleet: Fleet,
  servers: readonly TaskServer[],
  clients: Clients,
  happenings: Happenings | null,
): Promise<string[]> {
  const { world } = site;
  const open = (): string[] => [
    ...(clients.isIdle ? [] : ['clients']),
    ...(happenings?.isIdle === false ? ['happenings'] : []),
    ...servers.filter(({ isIdle }) => !isIdle).map(({ server }) => server),
    ...openIn(site),
  ];
  const isAtRest = (): boolean => open().length === 0;
  const rested = await world.run(REST_LIMIT_MS, { everyMs: 250, done: isAtRest });
  if (!rested) return [`not at rest ${REST_LIMIT_MS} ms after the last fault: ${open().join(', ')}`];
  let calmSince = Infinity;
  await world.run(AFTERMATH_LIMIT_MS, {
    everyMs: 7,
    done: () => {
      const isOver = world.held === 0 && fleet.isAwake && servers.every(({ isAwake }) => isAwake);
      calmSince = isOver ? Math.min(calmSince, world.now) : Infinity;
      return world.now - calmSince >= CALM_MS && isAtRest();
    },
  });
  return [];
}

/** What the installation has not done yet. */
function openIn({ db, broker }: Site): string[] {
  const open: string[] = [];
  if (db.outbox.size > 0) open.push('the outbox');
  for (const { state } of db.runs.values()) {
    if (state !== 'running') continue;
    open.push('runs');
    break;
  }
  const { signals, firings, states } = db.events;
  if ([...signals.values()].some(({ outcome }) => outcome === 'pending')) open.push('events');
  if ([...firings.values()].some(({ value }) => value.finishedAt === null)) open.push('firings of rules');
  // What waits without a window waits for weeks.
  const isSoon = (at: number | null): boolean => at !== null && at < db.clock() + 60_000;
  if ([...states.values()].some(({ expiresAt }) => isSoon(expiresAt))) open.push('event sets');
  if ([...db.schedules.values()].some(({ value }) => value.active)) open.push('schedules');
  for (const topic of INBOUND) {
    for (let partition = 0; partition < broker.partitionsOf(topic); partition++) {
      const at = db.positions.get(positionOf(topic, partition)) ?? 0n;
      if (broker.end(topic, partition) !== at) open.push(`${topic}/${partition}`);
    }
  }
  return open;
}
