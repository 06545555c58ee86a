import type Docker from 'dockerode';
import type { TaskContext } from '@cordyna/task-server';
import { runContainer } from '../container/run-container.js';
import { mountOf } from '../settings/container-fields.js';
import type { ActivitySettings, ContainerSettings, Mount } from '../settings/settings.js';
import { argsOf, environmentOf, invalidActivity, mustBeAllowed } from './activity.js';
import type { ActivityArgs } from './activity.js';
import { wordsOf } from './cmd-activity.js';

/** Cirrus counts memory in gigabytes of 10^9 (its dispatcher, `mem_reservation`) and reserves 1 of each by default. */
const BYTES_OF_A_GIGABYTE = 1e9;

/** What runs an activity `{ "task_type": "docker", "image": … }` of a rule. */
export async function runDockerActivity(
  docker: Docker,
  settings: ActivitySettings,
  context: TaskContext,
): Promise<object> {
  const container = containerOf(argsOf(context.event), settings);
  mustBeAllowed('image', container.image, settings.docker ?? [], '`activities.docker.images`');
  const { timeoutMs, logLines } = settings;
  return runContainer(docker, { settings: container, timeoutMs, logLines }, context);
}

function containerOf(args: ActivityArgs, { network }: ActivitySettings): ContainerSettings {
  const { image, cmd, mounts = [], cpu_reservation: cpu, mem_reservation: memory } = args.activity;
  if (typeof image !== 'string' || image === '') throw invalidActivity('image: it is missing');
  const words = wordsOf(cmd);
  return {
    image,
    ...(words.length > 0 ? { cmd: words } : {}),
    env: environmentOf(args),
    mounts: mountsOf(mounts),
    ...(network === undefined ? {} : { network }),
    cpuReservation: amount('cpu_reservation', cpu),
    memReservationBytes: Math.round(amount('mem_reservation', memory) * BYTES_OF_A_GIGABYTE),
  };
}

function amount(name: string, value: unknown = 1): number {
  const number = Number(value);
  if (Number.isFinite(number) && number > 0 && number <= 65_536) return number;
  throw invalidActivity(`${name}: ${JSON.stringify(value)} is no positive number`);
}

function mountsOf(mounts: unknown): Mount[] {
  if (!Array.isArray(mounts)) throw invalidActivity('mounts: it is no list');
  return mounts.map((mount: unknown, index) => {
    const isText = typeof mount === 'string';
    const found =
      isText || (typeof mount === 'object' && mount !== null) ? mountOf(mount as string) : undefined;
    if (found && found.source !== '' && found.target.startsWith('/')) return found;
    throw invalidActivity(
      `mounts/${index}: write "source:/target", "source:/target:ro" or { source, target }`,
    );
  });
}
