import { readdirSync, readFileSync } from 'node:fs';
import { processTree, type ProcessTable } from '@cordyna/local-stack';

const TICK_MS = 10; // USER_HZ is 100 on every Linux that Node runs on
const KIB = 1024;

export interface Usage {
  /** User and system time since the start, with that of children that have ended. */
  readonly cpuMs: number;
  /** Proportional set size: shared pages are counted once. */
  readonly memoryBytes: number;
}

function statOf(pid: number): string[] {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
}

/** utime, stime, cutime and cstime are fields 14 to 17 of proc(5). */
function cpuMsOf(pid: number): number {
  try {
    return statOf(pid)
      .slice(11, 15)
      .reduce((sum, ticks) => sum + Number(ticks) * TICK_MS, 0);
  } catch {
    return 0; // it has ended, and its parent has its time now
  }
}

function memoryOf(pid: number): number {
  try {
    const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, 'latin1');
    return Number(/^Pss:\s+(\d+) kB/m.exec(rollup)?.[1] ?? 0) * KIB;
  } catch {
    return 0;
  }
}

/** CPU time of a process and all that descend from it. Reads nothing that costs: for before and after a workload. */
export const cpuMsOfTree = (root: number, all: ProcessTable): number =>
  processTree(root, all).reduce((sum, pid) => sum + cpuMsOf(pid), 0);

export const memoryOfTree = (root: number, all: ProcessTable): number =>
  processTree(root, all).reduce((sum, pid) => sum + memoryOf(pid), 0);

/** Whether figures can be had at all: /proc is Linux. */
export const hasProc = (): boolean => {
  try {
    return readdirSync('/proc/self').includes('smaps_rollup');
  } catch {
    return false;
  }
};
