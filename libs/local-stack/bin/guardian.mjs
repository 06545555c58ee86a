// Ends what its parent started, should the parent die without doing so (kill -9, out of memory).
// Plain JavaScript, so that it runs from src/ and dist/ alike. Standard input: lines `+<pid>` and `-<pid>`; its end is the signal.
import { readdirSync, readFileSync } from 'node:fs';
import { execFileSync } from 'node:child_process';
import { createInterface } from 'node:readline';

const guarded = new Set();

function parents() {
  try {
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .flatMap((name) => {
        try {
          const stat = readFileSync(`/proc/${name}/stat`, 'latin1');
          return [[Number(name), Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1])]];
        } catch {
          return []; // it ended meanwhile
        }
      });
  } catch {
    return execFileSync('ps', ['-A', '-o', 'pid=,ppid='], { encoding: 'latin1' })
      .trim()
      .split('\n')
      .map((line) => line.trim().split(/\s+/).map(Number));
  }
}

function killTree(pid) {
  const table = parents();
  const tree = [pid];
  for (const member of tree)
    tree.push(...table.filter(([, parent]) => parent === member).map(([child]) => child));
  for (const member of tree) {
    try {
      process.kill(member, 'SIGKILL');
    } catch {
      // gone already
    }
  }
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => {});
const input = createInterface({ input: process.stdin });
input.on('line', (line) => {
  const pid = Number(line.slice(1));
  if (line.startsWith('+')) guarded.add(pid);
  else guarded.delete(pid);
});
input.on('close', () => {
  for (const pid of guarded) killTree(pid);
  process.exit(0);
});
