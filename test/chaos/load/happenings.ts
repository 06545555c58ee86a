import { setTimeout as delay } from 'node:timers/promises';
import { api } from '@cordyna/testkit';
import type { AcceptedSignal } from '../checker/happened.js';
import type { Random } from '../../simulation/world/random.js';
import { PACKED, PAID } from './definitions.js';
import { insist } from './insist.js';
import type { Sender } from './sender.js';

export interface HappeningsOptions {
  /** Orders, of each of which two events happen. */
  readonly perSecond: number;
  /** Share of events that are told twice. */
  readonly duplicated: number;
  readonly urls: () => readonly string[];
}

const SOURCE = '/chaos/orders';
const HTTP_SHARE = 0.2;
const MAX_LATE_MS = 3_000;

/** Orders are paid and packed, in any order, and told of over the bus and over HTTP until it is taken in. */
export class Happenings {
  readonly accepted: AcceptedSignal[] = [];
  private readonly pending = new Set<Promise<void>>();

  constructor(
    private readonly random: Random,
    private readonly sender: Sender,
    private readonly options: HappeningsOptions,
  ) {}

  async run(until: AbortSignal): Promise<void> {
    for (let order = 1; !until.aborted; order++) {
      for (const type of [PAID, PACKED]) this.later(() => this.tell(type, order));
      await delay((-Math.log(1 - this.random.next()) * 1_000) / this.options.perSecond);
    }
    await Promise.all(this.pending);
  }

  private later(work: () => Promise<void>): void {
    const one = delay(this.random.between(0, MAX_LATE_MS))
      .then(work)
      .finally(() => this.pending.delete(one));
    this.pending.add(one);
  }

  private async tell(type: string, order: number): Promise<void> {
    const { random, options } = this;
    const id = `${type} ${order}`;
    const event = { specversion: '1.0', id, source: SOURCE, type, data: { order } };
    const times = random.chance(options.duplicated) ? 2 : 1;
    for (let n = 0; n < times; n++) {
      if (random.chance(HTTP_SHARE)) await this.overHttp(event);
      else await this.sender.send('signals', { key: id, value: JSON.stringify(event) });
    }
    this.accepted.push({ source: SOURCE, id, type, key: String(order) });
  }

  private overHttp(body: object): Promise<unknown> {
    return insist(this.random, this.options.urls, async (url) => {
      const { status } = await api(url).request('POST', '/api/v1/signals', { body });
      if (status !== 202) throw new Error(`it was answered with ${status}`);
    });
  }
}
