import { setTimeout as delay } from 'node:timers/promises';
import type { BenchStack } from '../stack/installation.js';
import { usageOf } from '../stack/processes.js';

export interface IdleFigures {
  /** Share of one core, and proportional set size, by process. */
  readonly [process: string]: { readonly cpuShare: number; readonly memoryMiB: number };
}

const MIB = 1024 * 1024;

export interface IdlePlan {
  readonly when: 'before any load' | 'after the load';
  /** Pause before it, in which the coordinator gives back what the load has left, or the start. */
  readonly settleMs: number;
  readonly ms: number;
}

/** W4: nothing is asked for. */
export async function measureIdle(
  { pids, profiles }: Pick<BenchStack, 'pids' | 'profiles'>,
  { settleMs, ms }: Omit<IdlePlan, 'when'>,
): Promise<IdleFigures> {
  await delay(settleMs);
  return profiles.around('W4', async () => {
    const before = usageOf(pids);
    const began = performance.now();
    await delay(ms);
    const after = usageOf(pids);
    const passed = performance.now() - began;
    return Object.fromEntries(
      Object.entries(after).map(([name, { cpuMs, memoryBytes }]) => [
        name,
        { cpuShare: (cpuMs - (before[name]?.cpuMs ?? 0)) / passed, memoryMiB: memoryBytes / MIB },
      ]),
    );
  });
}
