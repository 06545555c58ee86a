import { setTimeout as delay } from 'node:timers/promises';
import { cpuBetween, cpuOf, type Pids } from '../stack/processes.js';

const LOOK_MS = 2_000;
/** Of one core, all processes together: what they take when nothing is asked for. */
const QUIET_SHARE = 0.2;

/** What a load leaves behind (rows to vacuum, a log to copy) is done, or has had its time. */
export async function untilQuiet(pids: Pids, limitMs: number): Promise<void> {
  const end = performance.now() + limitMs;
  for (;;) {
    const before = cpuOf(pids);
    await delay(LOOK_MS);
    const used = Object.values(cpuBetween(before, cpuOf(pids))).reduce((sum, ms) => sum + ms, 0);
    if (used < LOOK_MS * QUIET_SHARE || performance.now() > end) return;
  }
}
