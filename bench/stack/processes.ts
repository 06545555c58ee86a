import { cpuMsOfTree, memoryOfTree, type Usage } from './usage.js';

/** Who works in a workload; `client` is the bench itself. */
export type Pids = Readonly<Record<string, number>>;

export const cpuOf = (pids: Pids): Record<string, number> =>
  Object.fromEntries(Object.entries(pids).map(([name, pid]) => [name, cpuMsOfTree(pid)]));

export const usageOf = (pids: Pids): Record<string, Usage> =>
  Object.fromEntries(
    Object.entries(pids).map(([name, pid]) => [
      name,
      { cpuMs: cpuMsOfTree(pid), memoryBytes: memoryOfTree(pid) },
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
