// Compiles every workspace's src/ to dist/ with SWC, two at a time; types are checked by `npm run types`.
import { spawn } from 'node:child_process';
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

const swc = join(dirname(createRequire(import.meta.url).resolve('@swc/cli/package.json')), 'bin', 'swc.js');
const wanted = process.argv.slice(2);
const workspaces = ['libs', 'apps']
  .flatMap((group) => readdirSync(group).map((name) => join(group, name)))
  .filter((dir) => existsSync(join(dir, 'src')) && (wanted.length === 0 || wanted.includes(dir)));

function compile(dir) {
  rmSync(join(dir, 'dist'), { recursive: true, force: true });
  const args = [
    swc,
    'src',
    '--out-dir',
    'dist',
    '--strip-leading-paths',
    '--config-file',
    '../../.swcrc',
    '--copy-files',
    '--quiet',
  ];
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [...args, '--ignore', '**/*.test.ts'], {
      cwd: dir,
      stdio: 'inherit',
    });
    child.on('exit', (code) =>
      code === 0 ? resolve() : reject(new Error(`${dir}: swc exited with ${code}`)),
    );
  });
}

const queue = [...workspaces];
const worker = async () => {
  for (let dir = queue.shift(); dir; dir = queue.shift()) await compile(dir);
};
await Promise.all([worker(), worker()]);
