// What each job takes for many rows: node examples/data-processing-flow/measure.mjs [ROWS]
// Prints seconds and the largest resident memory of each process, as the system counts it.
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const LOOK_MS = 50;
const rows = process.argv[2] ?? '1000000';
const scripts = fileURLToPath(new URL('scripts/', import.meta.url));
const dir = await mkdtemp(join(tmpdir(), 'measure-flow-'));

/** VmHWM of /proc: the most that was resident at any time. */
const peakOf = async (pid) =>
  Number(/VmHWM:\s+(\d+) kB/.exec(await readFile(`/proc/${pid}/status`, 'utf8'))?.[1]);

async function measure(name, args, target) {
  const begun = performance.now();
  const child = spawn(process.execPath, [join(scripts, `${name}.mjs`), ...args], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  let peakKb = 0;
  const look = setInterval(() => {
    peakOf(child.pid).then(
      (kb) => (peakKb = kb || peakKb),
      () => undefined,
    );
  }, LOOK_MS);
  const code = await new Promise((resolve) => child.once('exit', resolve));
  clearInterval(look);
  if (code !== 0) throw new Error(`${name} ended with code ${code}`);
  const seconds = ((performance.now() - begun) / 1000).toFixed(1);
  const { size } = await stat(target);
  return {
    job: name,
    seconds,
    'MiB of memory': Math.round(peakKb / 1024),
    'MiB of the file': (size / 2 ** 20).toFixed(1),
  };
}

const at = (name) => join(dir, name);
try {
  console.table([
    await measure('generate', [dir, rows], at('a.xlsx')),
    await measure('add-time-started', [at('a.xlsx'), at('a-timed.xlsx')], at('a-timed.xlsx')),
    await measure('add-time-started', [at('b.xlsx'), at('b-timed.xlsx')], at('b-timed.xlsx')),
    await measure('z-score', [at('a-timed.xlsx'), at('a-scored.xlsx')], at('a-scored.xlsx')),
    await measure('merge', [at('a-scored.xlsx'), at('b-timed.xlsx'), at('merged.xlsx')], at('merged.xlsx')),
  ]);
} finally {
  await rm(dir, { recursive: true, force: true });
}
