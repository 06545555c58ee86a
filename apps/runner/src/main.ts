import { InvalidDeclarationError, TaskServerError } from '@cordyna/task-server';
import { readConfig } from './config.js';
import { startRunner } from './create-runner.js';
import { findConfiguration } from './find-configuration.js';
import { createFlow, startFlow } from './flow/create-flow.js';
import { readFlow } from './flow/read-flow.js';
import { RunnerError } from './runner-error.js';
import { readSettings } from './settings/read-settings.js';

async function main(): Promise<void> {
  const { kind, path } = await findConfiguration(process.argv.slice(2));
  if (kind === 'flow') {
    const settings = await readFlow(path);
    const { runtime, variables } = readConfig();
    return startFlow(createFlow(settings, runtime, variables));
  }
  const settings = await readSettings(path);
  await startRunner({ settings, ...readConfig() });
}

await main().catch((error: unknown) => {
  const told =
    error instanceof RunnerError ||
    error instanceof InvalidDeclarationError ||
    error instanceof TaskServerError;
  process.stderr.write(`${told ? error.message : String((error as Error).stack)}\n`);
  process.exitCode = 1;
});
