// `npm run bench -- [--quick] [--profile] …`: builds, and runs bench/main.ts as it is.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const path = (file) => fileURLToPath(new URL(file, import.meta.url));
const node = (...args) => spawnSync(process.execPath, args, { stdio: 'inherit' }).status ?? 1;

const built = node(path('./build.mjs'));
if (built !== 0) process.exit(built);
const register = new URL('./simulate/register.mjs', import.meta.url).href;
process.exit(
  node('-C', 'cordyna-source', '--import', register, path('../bench/main.ts'), ...process.argv.slice(2)),
);
