import { cpuMsOfTree, memoryOfTree, type Usage } from './usage.js';

/** Who works in a workload; `client` is the bench itself. */
export type Pids = Readonly<Record<string, number>>;

/** All others descend from the bench's own process. */
const cpuMsOf = (pid: number): number => (pid === process.pid ? ownCpuMs() : cpuMsOfTree(pid));

function ownCpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
}

export const cpuOf = (pids: Pids): Record<string, number> =>
  Object.fromEntries(Object.entries(pids).map(([name, pid]) => [name, cpuMsOf(pid)]));

export const usageOf = (pids: Pids): Record<string, Usage> =>
  Object.fromEntries(
    Object.entries(pids).map(([name, pid]) => [
      name,
      {
        cpuMs: cpuMsOf(pid),
        memoryBytes: pid === process.pid ? process.memoryUsage.rss() : memoryOfTree(pid),
      },
    ]),
  );

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
