import type { Changes } from '../../coordination/ports/index.js';
import { UNTOLD_MS } from '../sql/instances.js';

type Signs = Changes['signsOfLife'];

const MANY = 1_000;

/**
 * Signs of life that this coordinator has stored a moment ago need not be stored again: the row is at most so much older
 * as the statement itself would leave it.
 */
export class StoredSigns {
  /** By the time at which the commit was sent: the row is not older than that, but for what the statement leaves. */
  private readonly sentAt = new Map<string, number>();

  constructor(private readonly now: () => number = () => performance.now()) {}

  /** Changes with the signs of life that have to be stored. */
  withNew(changes: Changes): Changes {
    const { signsOfLife } = changes;
    if (signsOfLife.length === 0) return changes;
    const since = this.now() - UNTOLD_MS;
    const unknown = signsOfLife.filter((sign) => !((this.sentAt.get(keyOf(sign)) ?? -Infinity) > since));
    return unknown.length === signsOfLife.length ? changes : { ...changes, signsOfLife: unknown };
  }

  /** @param sentAt by the same clock, when the commit was about to leave that has stored them */
  stored(signs: Signs, sentAt: number): void {
    if (this.sentAt.size > MANY) this.sentAt.clear();
    for (const sign of signs) this.sentAt.set(keyOf(sign), sentAt);
  }
}

const keyOf = ({ server, instance }: Signs[number]): string => `${server}\n${instance}`;
