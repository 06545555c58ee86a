import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { RunnerError } from './runner-error.js';

const USAGE = 'Start it with the path of its configuration: a file such as runner.yaml.';

/** The file that the only argument names. @throws RunnerError `no_configuration` */
export async function findConfiguration(args: readonly string[]): Promise<string> {
  const [given] = args;
  if (given === undefined || args.length > 1) throw new RunnerError('no_configuration', USAGE);
  const path = resolve(given);
  const found = await stat(path).catch(() => undefined);
  if (found?.isFile()) return path;
  throw new RunnerError('no_configuration', `${path} is no file. ${USAGE}`);
}
