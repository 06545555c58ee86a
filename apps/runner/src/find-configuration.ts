import { stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { RunnerError } from './runner-error.js';

const USAGE =
  'Start it with one path: a file such as runner.yaml, or the folder of a flow that holds flow.yaml (or flow.json).';
const FLOW_FILES = ['flow.yaml', 'flow.yml', 'flow.json'];

export interface Configuration {
  readonly kind: 'tasks' | 'flow';
  readonly path: string;
}

/** What the only argument names. @throws RunnerError `no_configuration` */
export async function findConfiguration(args: readonly string[]): Promise<Configuration> {
  const [given] = args;
  if (given === undefined || args.length > 1) throw new RunnerError('no_configuration', USAGE);
  const path = resolve(given);
  const found = await stat(path).catch(() => undefined);
  if (found?.isFile())
    return { kind: FLOW_FILES.some((name) => path.endsWith(`/${name}`)) ? 'flow' : 'tasks', path };
  for (const name of found?.isDirectory() ? FLOW_FILES : []) {
    const flow = join(path, name);
    if ((await stat(flow).catch(() => undefined))?.isFile()) return { kind: 'flow', path: flow };
  }
  const what = found ? `${path} holds none of ${FLOW_FILES.join(', ')}` : `${path} does not exist`;
  throw new RunnerError('no_configuration', `${what}. ${USAGE}`);
}
