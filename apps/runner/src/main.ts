import { InvalidDeclarationError, TaskServerError } from '@cordyna/task-server';
import { readConfig } from './config.js';
import { createRunner } from './create-runner.js';
import { findConfiguration } from './find-configuration.js';
import { RunnerError } from './runner-error.js';
import { readSettings } from './settings/read-settings.js';

async function main(): Promise<void> {
  const settings = await readSettings(await findConfiguration(process.argv.slice(2)));
  await createRunner({ settings, ...readConfig() }).start();
}

await main().catch((error: unknown) => {
  const told =
    error instanceof RunnerError ||
    error instanceof InvalidDeclarationError ||
    error instanceof TaskServerError;
  process.stderr.write(`${told ? error.message : String((error as Error).stack)}\n`);
  process.exitCode = 1;
});
