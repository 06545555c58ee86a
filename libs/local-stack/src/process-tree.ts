import { execFileSync } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';

/** All processes at one moment. */
export type ProcessTable = readonly Row[];

interface Row {
  readonly pid: number;
  readonly parent: number;
  readonly zombie: boolean;
}

function readStat(pid: string): Row[] {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const [state, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return [{ pid: Number(pid), parent: Number(parent), zombie: state === 'Z' }];
  } catch {
    return []; // it ended between the listing and the reading
  }
}

export function processTable(): ProcessTable {
  try {
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .flatMap(readStat);
  } catch {
    const lines = execFileSync('ps', ['-A', '-o', 'pid=,ppid=,state='], { encoding: 'latin1' })
      .trim()
      .split('\n');
    return lines.map((line) => {
      const [pid, parent, state] = line.trim().split(/\s+/);
      return { pid: Number(pid), parent: Number(parent), zombie: state?.startsWith('Z') ?? false };
    });
  }
}

/**
 * The process and all that descend from it, parents first. PostgreSQL's backends leave the group, so groups do not do.
 * @param all to be handed over by who asks for several trees: to read it takes longer than all else
 */
export function processTree(root: number, all: ProcessTable = processTable()): number[] {
  const table = all.filter((row) => !row.zombie);
  const tree = [root];
  for (const member of tree) tree.push(...table.filter((row) => row.parent === member).map((row) => row.pid));
  return tree;
}

/** Whether any of the processes is still alive. */
export function anyAlive(pids: readonly number[]): boolean {
  return pids.some((pid) => {
    try {
      process.kill(pid, 0);
    } catch {
      return false;
    }
    return !readStat(String(pid)).some((row) => row.zombie);
  });
}

/** Signals a process; one that is gone is no error. */
export function sendSignal(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
