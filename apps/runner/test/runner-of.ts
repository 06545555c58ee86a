import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type Docker from 'dockerode';
import type { TaskServer } from '@cordyna/task-server';
import { stringify } from 'yaml';
import { createRunner } from '../src/create-runner.js';
import { readSettings } from '../src/settings/read-settings.js';

/** A runner by a configuration file in this folder, with the environment that the tests run in. */
export async function runnerOf(folder: string, configuration: object, docker?: Docker): Promise<TaskServer> {
  const path = join(folder, 'runner.yaml');
  writeFileSync(path, stringify(configuration));
  const settings = await readSettings(path);
  const variables = { ...process.env, SECRET_OF_THE_RUNNER: 'x', WANTED: 'wanted' };
  return createRunner({ settings, runtime: { brokers: [] }, variables, ...(docker ? { docker } : {}) });
}
