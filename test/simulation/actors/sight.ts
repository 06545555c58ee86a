import {
  Peers,
  type GonePeer,
  type PeerSign,
  type PeersSeen,
} from '../../../apps/cerebro/src/coordination/index.js';
import type { Random } from '../world/random.js';

/**
 * What a coordinator knows of the others: who is there; who was there a while ago; nobody; or some that are not there, and that it
 * takes to look after things.
 */
const SIGHTS = ['clear', 'late', 'none', 'ghosts'] as const;
export type Sight = (typeof SIGHTS)[number];

const CLEAR_SHARE = 0.4;
/** Signs, of which there is one a second. */
const LATE = { least: 1, most: 6 };
const GHOSTS = ['ghost-1', 'ghost-2'];

export const sightOf = (random: Random): Sight =>
  random.chance(CLEAR_SHARE) ? 'clear' : random.pick(SIGHTS.slice(1));

/** The others as a coordinator sees them. It decides by that who proposes what, and nothing may depend on it. */
export class SightedPeers extends Peers {
  private readonly told: (readonly string[])[] = [];
  private readonly late: number;

  constructor(
    private readonly peers: Peers,
    private readonly sight: Sight,
    random: Random,
  ) {
    super();
    this.late = sight === 'late' ? random.between(LATE.least, LATE.most) : 0;
  }

  async sign(sign: PeerSign, silentMs: number): Promise<PeersSeen> {
    const { others, isAnySilent } = await this.peers.sign(sign, silentMs);
    return { others: this.seen(others), isAnySilent };
  }

  private seen(others: readonly string[]): readonly string[] {
    if (this.sight === 'none') return [];
    if (this.sight === 'ghosts') return [...others, ...GHOSTS];
    this.told.push(others);
    if (this.told.length > this.late + 1) this.told.shift();
    return this.told.length > this.late ? (this.told[0] ?? []) : [];
  }

  takeGone(instance: string, silentMs: number): Promise<readonly GonePeer[]> {
    return this.peers.takeGone(instance, silentMs);
  }

  leave(instance: string): Promise<void> {
    return this.peers.leave(instance);
  }
}
