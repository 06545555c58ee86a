import { inTime } from '../limits.js';
import type { ConsumerSettings } from './settings.js';

/** So little that the next fetch would bring hardly more than what follows from it. */
const FEW_RECORDS = 8;
/** In the first it is gathered what is to be said, in the second it is handed over, in the third it has left. */
const TURNS = 3;

/**
 * When to fetch again. To fetch costs both sides more than a few records do, and at low load it would stand in the way of
 * what these lead to, which is what somebody waits for.
 */
export class Pace {
  constructor(private readonly settings: Pick<ConsumerSettings, 'settled' | 'maxSettleMs'>) {}

  /** @param handled resolves when the handler is done with them */
  async after(records: number, handled: Promise<void>): Promise<void> {
    const { settled, maxSettleMs } = this.settings;
    if (records === 0 || records > FEW_RECORDS) return;
    if (settled) {
      const wait = settled(handled);
      if (wait) await inTime(wait, maxSettleMs);
    } else for (let turn = 0; turn < TURNS; turn++) await new Promise(setImmediate);
  }
}
