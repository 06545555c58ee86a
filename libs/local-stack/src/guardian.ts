import { spawn } from 'node:child_process';
import type { Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';

let input: Writable | undefined;
const guarded = new Set<number>();

/** The process that kills what is left when this one dies without ending its children. One for all of them. */
function guardian(): Writable {
  if (input) return input;
  const script = fileURLToPath(new URL('../bin/guardian.mjs', import.meta.url));
  const child = spawn(process.execPath, [script], { detached: true, stdio: ['pipe', 'ignore', 'ignore'] });
  child.on('error', () => undefined);
  child.stdin.on('error', () => undefined);
  child.unref();
  // A pipe's handle has unref, which the type of a child's stdin does not show.
  (child.stdin as Writable & { unref?: () => void }).unref?.();
  input = child.stdin;
  return input;
}

/** From now on the process ends with this one, however this one ends. */
export function guard(pid: number): void {
  guarded.add(pid);
  guardian().write(`+${pid}\n`);
}

/** The process is gone; with the last one the guardian goes too. */
export function unguard(pid: number): void {
  if (!guarded.delete(pid)) return;
  input?.write(`-${pid}\n`);
  if (guarded.size > 0) return;
  input?.end();
  input = undefined;
}
