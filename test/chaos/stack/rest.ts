import { awaitUntil, outside, withAdmin } from '@cordyna/testkit';
import { INBOUND_TOPICS } from '../checker/evidence.js';
import { unscheduled, type Graph } from '../load/graph.js';
import type { Site } from './site.js';
import { query } from './sources.js';

interface Open {
  readonly runs: number;
  readonly outbox: number;
  readonly schedules: number;
}

const OPEN = `SELECT (SELECT count(*) FROM runs WHERE state = 'running')::int AS runs,
  (SELECT count(*) FROM outbox)::int AS outbox, (SELECT count(*) FROM schedules WHERE active)::int AS schedules`;

const openIn = async (site: Site): Promise<Open | undefined> => (await query<Open>(site, OPEN))[0];

/** `<topic>/<partition>` of what is not read to its end. */
async function unread(site: Site): Promise<string[]> {
  const rows = await query<{ id: string; next: number }>(
    site,
    `SELECT topic || '/' || partition AS id, next_offset::float8 AS next FROM positions`,
  );
  const positions = new Map(rows.map(({ id, next }) => [id, next]));
  return withAdmin(site.machines.brokers, async (admin) => {
    const found: string[] = [];
    for (const topic of INBOUND_TOPICS.map((name) => `${site.prefix}.${name}`)) {
      for (const { partition, high } of await admin.fetchTopicOffsets(topic))
        if ((positions.get(`${topic}/${partition}`) ?? 0) < Number(high)) found.push(`${topic}/${partition}`);
    }
    return found;
  });
}

async function withoutSchedules(site: Site, graph: Graph): Promise<void> {
  const bus = await outside(site.machines.brokers, site.prefix);
  for (const declaration of Object.values(graph.declarations))
    await bus.write('declarations', [bus.declaration(unscheduled(declaration))]);
}

/**
 * Lets the installation finish what it has begun, then ends all of it. Gives what did not come to an end within the
 * limit, for whoever looks for the cause; the checker judges for itself.
 */
export async function bringToRest(site: Site, graph: Graph, limitMs: number): Promise<string | null> {
  const wait = (what: string, condition: () => Promise<boolean>): Promise<string | null> =>
    awaitUntil(what, condition, { timeoutMs: limitMs, everyMs: 200 }).then(
      () => null,
      (error: unknown) => (error as Error).message,
    );
  await withoutSchedules(site, graph);
  const problem = await wait('no run is open, nor anything unpublished', async () => {
    const open = await openIn(site);
    if (open && open.runs + open.outbox + open.schedules === 0) return true;
    throw new Error(JSON.stringify(open));
  });
  await Promise.all(Object.values(site.servers).map((server) => server.end('SIGTERM')));
  const unreadProblem = await wait('everything is read and published', async () => {
    const [open, left] = [await openIn(site), await unread(site)];
    if (open?.outbox === 0 && left.length === 0) return true;
    throw new Error(`${JSON.stringify(open)} ${left.join(', ')}`);
  });
  await Promise.all(site.coordinators.map((coordinator) => coordinator.end('SIGTERM')));
  return problem ?? unreadProblem;
}
