import { spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { createInterface } from 'node:readline';

const STOP_MS = 60_000;
const started = [];

/** Starts a program of Node, whose lines go to a file and to `onLine`; one that ends by itself ends all. */
export function start(name, args, { env, log, onLine = () => undefined, onEnd }) {
  const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
  const file = createWriteStream(log);
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on('line', (line) => {
      file.write(`${line}\n`);
      onLine(line);
    });
  }
  const ended = new Promise((resolve) => child.once('exit', resolve).once('error', resolve));
  const process_ = { name, child, ended, stopping: false };
  void ended.then(() => process_.stopping || onEnd(`${name} ended; its log is ${log}`));
  started.push(process_);
}

/** The last one first, each by its own id, and by force when it takes too long. */
export async function stopAll() {
  for (const process_ of started.splice(0).reverse()) {
    const { child, ended } = process_;
    process_.stopping = true;
    child.kill('SIGTERM');
    const limit = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
    if (child.exitCode === null && child.signalCode === null) await ended;
    clearTimeout(limit);
  }
}
