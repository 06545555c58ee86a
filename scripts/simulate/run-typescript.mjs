// Scripts whose work is in the TypeScript sources run themselves once more, in a Node that reads these.
import { spawnSync } from 'node:child_process';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** Returns in the Node that reads TypeScript; in any other it never does. */
export function runTypeScript(scriptUrl) {
  const register = new URL('./register.mjs', import.meta.url).href;
  if (process.execArgv.includes(register)) return;
  const args = ['-C', 'cordyna-source', '--import', register, fileURLToPath(scriptUrl)];
  const { status } = spawnSync(process.execPath, [...args, ...process.argv.slice(2)], { stdio: 'inherit' });
  process.exit(status ?? 1);
}
