import type { BusRecord } from '@cordyna/bus';
import { EventType } from '@cordyna/protocol/model';
import { Random } from '../../simulation/world/random.js';
import { toldBy } from '../checker/log.js';
import type { Asked } from '../evidence/collect.js';
import type { Site } from '../stack/site.js';
import { Authors } from './authors.js';
import { followEvents } from './events-tail.js';
import type { Graph } from './graph.js';
import { Happenings } from './happenings.js';
import { Noise } from './noise.js';
import { Requests } from './requests.js';
import { Sender } from './sender.js';

const SHARES = { duplicated: 0.05, poison: 0.01 };
const MAX_OPEN = 600;
/** Orders for each run that is asked for. */
const ORDERS = 0.1;

export interface Load {
  /** Updates that were said twice. */
  readonly duplicates: () => number;
  end(): Promise<Asked>;
}

/**
 * Requests, with duplicates and poison among what is said about them, events that rules wait for, and changes of what is
 * defined, until `end`.
 */
export async function startLoad(
  site: Site,
  graph: Graph,
  { seed, perSecond }: { readonly seed: number; readonly perSecond: number },
): Promise<Load> {
  const { brokers } = site.machines;
  const sender = new Sender(brokers, site.prefix);
  await sender.start();
  const noise = new Noise(new Random(seed + 2), sender, SHARES);
  const requests = new Requests(new Random(seed + 3), sender, {
    ...{ roots: graph.roots, perSecond, maxOpen: MAX_OPEN, duplicated: SHARES.duplicated },
    urls: site.urls,
  });
  const stopFollowing = await followEvents(brokers, `${site.prefix}.events`, (record) => {
    noise.hear(record);
    const run = finishedBy(record);
    if (run) requests.end(run);
  });
  const happenings = new Happenings(new Random(seed + 4), sender, {
    ...{ perSecond: perSecond * ORDERS, duplicated: SHARES.duplicated, urls: site.urls },
  });
  const authors = new Authors(new Random(seed + 5), site.urls);
  await authors.begin();
  const stopping = new AbortController();
  const asking = [requests, happenings, authors].map((one) => one.run(stopping.signal));
  return {
    duplicates: () => noise.duplicates,
    async end() {
      stopping.abort();
      await Promise.all(asking);
      await stopFollowing();
      await noise.done();
      return { requests: requests.accepted, signals: happenings.accepted };
    },
  };
}

function finishedBy(seen: BusRecord): string | null {
  const value = seen.value?.toString() ?? '';
  if (!value.includes(EventType.runFinished)) return null;
  const record = { topic: 'events', partition: 0, offset: 0, timestampMs: 0, key: null, value, headers: {} };
  const run = toldBy(record)?.data['run'];
  return typeof run === 'string' ? run : null;
}
