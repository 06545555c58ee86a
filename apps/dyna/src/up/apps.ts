import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CEREBRO_NODE, OwnedProcess, rotateLog, TASK_SERVER_NODE } from '@cordyna/local-stack';
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

/** src/up and dist/up lie equally deep in apps/dyna. */
const apps = fileURLToPath(new URL('../../..', import.meta.url));

/** Starts an app's compiled entry with plain node; its log begins anew. */
export async function startApp({ app, env, logs }: AppOptions): Promise<StartedApp> {
  const entry = join(apps, app, 'dist', 'main.js');
  if (!existsSync(entry))
    throw new CliError(`${app} is not built: ${entry} is missing.`, 'Run: npm run build');
  const logFile = join(logs, `${app}.log`);
  rotateLog(logFile);
  const { flags, environment } = app === 'cerebro' ? CEREBRO_NODE : TASK_SERVER_NODE;
  const process = await OwnedProcess.start({
    name: app,
    command: globalThis.process.execPath,
    args: [...flags, entry],
    env: { ...environment, ...env },
    logFile,
  });
  return { name: app, logFile, process };
}
