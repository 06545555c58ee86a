import { awaitUntil, outside } from '@cordyna/testkit';
import { SERVERS, unscheduled } from '../load/graph.js';
import type { Site } from './site.js';
import { query } from './sources.js';
import { unread } from './unread.js';

interface Open {
  readonly runs: number;
  readonly outbox: number;
  readonly schedules: number;
  /** Events that nobody has looked at yet, and firings of rules that go on. */
  readonly events: number;
}

const WITHDRAW_EVERY_MS = 5_000;
/** A server that has nothing to do may still wait for its client to let go of what was lost in an outage. */
const IDLE_END_MS = 3_000;

const OPEN = `SELECT (SELECT count(*) FROM runs WHERE state = 'running')::int AS runs,
  (SELECT count(*) FROM outbox)::int AS outbox, (SELECT count(*) FROM schedules WHERE active)::int AS schedules,
  ((SELECT count(*) FROM signals WHERE outcome = 'pending')
    + (SELECT count(*) FROM rule_firings WHERE state NOT IN ('done', 'error')))::int AS events`;

const openIn = async (site: Site): Promise<Open | undefined> => (await query<Open>(site, OPEN))[0];

async function withoutSchedules({ declared, machines, prefix }: Site): Promise<void> {
  const bus = await outside(machines.brokers, prefix);
  for (const server of SERVERS) {
    declared[server] = unscheduled(declared[server]);
    await bus.write('declarations', [bus.declaration(declared[server])]);
  }
}

/**
 * Lets the installation finish what it has begun, then ends all of it. Gives what did not come to an end within the
 * limit, for whoever looks for the cause; the checker judges for itself.
 */
export async function bringToRest(
  site: Site,
  limitMs: number,
  tell: (what: string) => void = () => undefined,
): Promise<string | null> {
  const wait = (what: string, condition: () => Promise<boolean>): Promise<string | null> =>
    awaitUntil(what, condition, { timeoutMs: limitMs, everyMs: 200 }).then(
      () => null,
      (error: unknown) => (error as Error).message,
    );
  let withdrawnMs = Number.NEGATIVE_INFINITY;
  const problem = await wait('no run is open, nor anything unpublished', async () => {
    const open = await openIn(site);
    // A server that was just starting may have declared the old ones once more.
    if (open?.schedules !== 0 && performance.now() - withdrawnMs > WITHDRAW_EVERY_MS) {
      await withoutSchedules(site);
      withdrawnMs = performance.now();
    }
    if (open && open.runs + open.outbox + open.schedules + open.events === 0) return true;
    throw new Error(JSON.stringify(open));
  });
  tell('all runs have ended');
  await Promise.all(Object.values(site.servers).map((server) => server.end('SIGTERM', IDLE_END_MS)));
  tell('the servers have ended');
  const unreadProblem = await wait('everything is read and published', async () => {
    const [open, left] = [await openIn(site), await unread(site)];
    if (open?.outbox === 0 && left.length === 0) return true;
    throw new Error(`${JSON.stringify(open)} ${left.join(', ')}`);
  });
  tell('all is read and published');
  await Promise.all(site.coordinators.map((coordinator) => coordinator.end('SIGTERM')));
  return problem ?? unreadProblem;
}
