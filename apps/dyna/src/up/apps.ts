import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { OwnedProcess, rotateLog } from '@cordyna/local-stack';
import { CliError } from '../cli-error.js';

export interface AppOptions {
  /** The app's folder name, e.g. `task-server-a`. */
  readonly app: string;
  readonly env: NodeJS.ProcessEnv;
  readonly logs: string;
}

export interface StartedApp {
  readonly name: string;
  readonly logFile: string;
  readonly process: OwnedProcess;
}

/**
 * A batch is garbage as soon as it is committed: with the usual young generation it is copied several times before. And
 * what is called for each message is compiled after a quarter of the usual number of calls.
 */
const NODE_FLAGS = ['--max-semi-space-size=32', '--interrupt-budget=16000'];
/**
 * Where a team's own code fails is to be seen; of Cerebro it is not worth the memory of all maps. It gives memory back
 * itself, without what V8 drops with it.
 */
const flagsOf = (app: string): readonly string[] => [
  ...NODE_FLAGS,
  app === 'cerebro' ? '--no-memory-reducer' : '--enable-source-maps',
];

/** src/up and dist/up lie equally deep in apps/dyna. */
const apps = fileURLToPath(new URL('../../..', import.meta.url));

/** Starts an app's compiled entry with plain node; its log begins anew. */
export async function startApp({ app, env, logs }: AppOptions): Promise<StartedApp> {
  const entry = join(apps, app, 'dist', 'main.js');
  if (!existsSync(entry))
    throw new CliError(`${app} is not built: ${entry} is missing.`, 'Run: npm run build');
  const logFile = join(logs, `${app}.log`);
  rotateLog(logFile);
  const process = await OwnedProcess.start({
    name: app,
    command: globalThis.process.execPath,
    args: [...flagsOf(app), entry],
    env,
    logFile,
  });
  return { name: app, logFile, process };
}
