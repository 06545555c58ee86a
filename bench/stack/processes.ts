import { processTable, type ProcessTable } from '@cordyna/local-stack';
import { cpuMsOfTree, memoryOfTree, type Usage } from './usage.js';

/** Who works in a workload; `client` is the bench itself. */
export type Pids = Readonly<Record<string, number>>;

/** CPU time of the bench that went into these readings: to look through /proc takes longer than all that it asks for. */
let readingMs = 0;

const ownCpuMs = (): number => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000 - readingMs;
};

/** @param read is given the bench's own CPU time, and what it takes itself is not in the next one */
function reading<T>(
  pids: Pids,
  read: (pid: number, ownMs: number, all: ProcessTable) => T,
): Record<string, T> {
  const ownMs = ownCpuMs();
  const all = processTable();
  const readings = Object.entries(pids).map(([name, pid]) => [name, read(pid, ownMs, all)] as const);
  readingMs += ownCpuMs() - ownMs;
  return Object.fromEntries(readings);
}

/** All others descend from the bench's own process. */
const cpuMsOf = (pid: number, ownMs: number, all: ProcessTable): number =>
  pid === process.pid ? ownMs : cpuMsOfTree(pid, all);

export const cpuOf = (pids: Pids): Record<string, number> => reading(pids, cpuMsOf);

export const usageOf = (pids: Pids): Record<string, Usage> =>
  reading(pids, (pid, ownMs, all) => ({
    cpuMs: cpuMsOf(pid, ownMs, all),
    memoryBytes: pid === process.pid ? process.memoryUsage.rss() : memoryOfTree(pid, all),
  }));

/** CPU time that passed between two readings, by process. */
export const cpuBetween = (
  before: Readonly<Record<string, number>>,
  after: Readonly<Record<string, number>>,
): Record<string, number> =>
  Object.fromEntries(Object.entries(after).map(([name, ms]) => [name, ms - (before[name] ?? 0)]));

export const added = (
  a: Readonly<Record<string, number>>,
  b: Readonly<Record<string, number>>,
): Record<string, number> =>
  Object.fromEntries(
    [...new Set([...Object.keys(a), ...Object.keys(b)])].map((name) => [
      name,
      (a[name] ?? 0) + (b[name] ?? 0),
    ]),
  );
