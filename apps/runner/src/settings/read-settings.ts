import { isAbsolute, join, resolve } from 'node:path';
import type { TaskOptions } from '@cordyna/task-server';
import { RunnerError } from '../runner-error.js';
import { checkDocument, readDocument } from './check-document.js';
import { bytesOf, mountOf } from './container-fields.js';
import { runnerSchema } from './schema.js';
import type { ActivitySettings, CommandTask, ContainerTask, Mount, RunnerSettings } from './settings.js';

type Scalars = Readonly<Record<string, string | number | boolean>>;
type Kind = CommandTask | ContainerTask;

interface TaskDocument extends Omit<TaskOptions, 'args'> {
  readonly name: string;
  readonly defaults?: TaskOptions['args'];
  readonly image?: string;
  readonly cmd?: string | readonly string[];
  readonly args?: readonly string[];
  readonly env?: Scalars;
  readonly cwd?: string;
  readonly mounts?: readonly (string | Partial<Mount>)[];
  readonly network?: string;
  readonly cpuReservation?: number;
  readonly memReservation?: number | string;
  readonly timeoutMs?: number;
  readonly logLines?: number;
}
interface RunnerDocument {
  readonly server?: string;
  readonly version?: string;
  readonly team?: string;
  readonly contact?: string;
  readonly description?: string;
  readonly inheritEnv?: readonly string[];
  readonly tasks?: readonly TaskDocument[];
  readonly activities?: {
    readonly cmd?: { readonly programs: readonly string[] };
    readonly docker?: { readonly images: readonly string[]; readonly network?: string };
    readonly timeoutMs?: number;
    readonly logLines?: number;
  };
}

/** Rules find the runner by this name, see docs/runner.md. */
const SERVER = 'runner';
/** What Cerebro waits for a task that says nothing else is 30 min: the runner ends it before, and says why. */
export const TIMEOUT_MS = 29 * 60_000;
export const LOG_LINES = 500;

/** @throws RunnerError `invalid_configuration` */
export async function readSettings(path: string): Promise<RunnerSettings> {
  const document = checkDocument<RunnerDocument>(path, await readDocument(path), runnerSchema);
  const { server = SERVER, version, team, contact, description, inheritEnv = [] } = document;
  const folder = resolve(path, '..');
  const tasks = (document.tasks ?? []).map((task) => taskOf(task, folder));
  const activities = activitiesOf(document.activities);
  if (tasks.length === 0 && !activities)
    throw new RunnerError('invalid_configuration', `${path} has neither tasks nor activities; add one`);
  return {
    server,
    about: { version, team, contact, description },
    folder,
    inheritEnv,
    tasks,
    ...(activities ? { activities } : {}),
  };
}

function taskOf(document: TaskDocument, folder: string): Kind {
  const { name, image, cmd, args = [], cwd, mounts = [], network, cpuReservation, memReservation } = document;
  const { description, dependsOn, every, cron, timezone, defaults, forEach, retry, timeouts } = document;
  const { argsSchema, outputSchema, timeoutMs = TIMEOUT_MS, logLines = LOG_LINES } = document;
  const env = textsOf(document.env);
  const options = { description, dependsOn, every, cron, timezone, defaults, forEach, retry, timeouts };
  const declared = present({ ...options, argsSchema, outputSchema });
  const common = { name, declared, timeoutMs, logLines };
  const [program = '', ...more] = typeof cmd === 'string' ? [cmd] : (cmd ?? []);
  if (image === undefined) {
    return {
      ...common,
      kind: 'command',
      program: program.includes('/') && !isAbsolute(program) ? join(folder, program) : program,
      args: [...more, ...args],
      env,
      cwd: cwd === undefined ? folder : resolve(folder, cwd),
    };
  }
  const whole = cmd === undefined ? [] : [program, ...more];
  const container = present({ network, cpuReservation, memReservationBytes: bytesOf(memReservation) });
  return {
    ...common,
    kind: 'docker',
    container: {
      image,
      ...(whole.length + args.length > 0 ? { cmd: [...whole, ...args] } : {}),
      env,
      mounts: mounts.map(mountOf),
      ...container,
    },
  };
}

function activitiesOf(document: RunnerDocument['activities']): ActivitySettings | undefined {
  if (!document?.cmd && !document?.docker) return undefined;
  const { cmd, docker, timeoutMs = TIMEOUT_MS, logLines = LOG_LINES } = document;
  return {
    timeoutMs,
    logLines,
    ...present({ cmd: cmd?.programs, docker: docker?.images, network: docker?.network }),
  };
}

export const textsOf = (values: Scalars = {}): Record<string, string> =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [name, String(value)]));

/** Without the members that nobody gave. */
export function present<T extends object>(values: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as never;
}
