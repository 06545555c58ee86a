import type { BusRecord } from '@cordyna/bus';
import { EventType } from '@cordyna/protocol/model';
import { Random } from '../../simulation/world/random.js';
import { toldBy } from '../checker/log.js';
import type { Asked } from '../evidence/collect.js';
import type { Site } from '../stack/site.js';
import { Authors } from './authors.js';
import { followEvents } from './events-tail.js';
import type { Graph } from './graph.js';
import { Files } from './files.js';
import { Happenings } from './happenings.js';
import { Noise } from './noise.js';
import { Requests } from './requests.js';
import { Sender } from './sender.js';

const SHARES = { duplicated: 0.05, poison: 0.01 };
const MAX_OPEN = 600;
/** Orders for each run that is asked for. */
const ORDERS = 0.1;
/** Runs with lists of tens of elements, beside those that are asked for. */
const FANS = 0.02;

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
  const common = { maxOpen: MAX_OPEN, duplicated: SHARES.duplicated, urls: site.urls };
  const requests = new Requests(new Random(seed + 3), sender, {
    ...{ name: 'request', roots: graph.roots, perSecond, ...common },
  });
  const fans = new Requests(new Random(seed + 6), sender, {
    ...{ name: 'fan', roots: graph.fans, perSecond: perSecond * FANS, ...common },
  });
  const stopFollowing = await followEvents(brokers, `${site.prefix}.events`, (record) => {
    noise.hear(record);
    const run = finishedBy(record);
    if (run) for (const one of [requests, fans]) one.end(run);
  });
  const happenings = new Happenings(new Random(seed + 4), sender, {
    ...{ perSecond: perSecond * ORDERS, duplicated: SHARES.duplicated, urls: site.urls },
  });
  const files = new Files(new Random(seed + 7), site.urls);
  const authors = new Authors(new Random(seed + 5), site.urls, files);
  await authors.begin();
  const stopping = new AbortController();
  const asking = [requests, fans, happenings, authors, files].map((one) => one.run(stopping.signal));
  return {
    duplicates: () => noise.duplicates,
    async end() {
      stopping.abort();
      await Promise.all(asking);
      await stopFollowing();
      await noise.done();
      return {
        requests: [...requests.accepted, ...fans.accepted],
        signals: happenings.accepted,
        files: files.told,
      };
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
