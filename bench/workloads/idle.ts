import { setTimeout as delay } from 'node:timers/promises';
import { usageOf, type Pids } from '../stack/processes.js';

export interface IdleFigures {
  /** Share of one core, and proportional set size, by process. */
  readonly [process: string]: { readonly cpuShare: number; readonly memoryMiB: number };
}

const MIB = 1024 * 1024;
const SETTLE_MS = 2_000;

/** W4: nothing is asked for. */
export async function measureIdle(pids: Pids, ms: number): Promise<IdleFigures> {
  await delay(SETTLE_MS);
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
}
