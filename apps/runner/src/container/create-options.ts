import type { ContainerCreateOptions } from 'dockerode';
import type { TaskEvent } from '@cordyna/task-server';
import { serverOf } from '@cordyna/protocol/model';
import type { ContainerSettings } from '../settings/settings.js';
import { ownLabels } from './left-over.js';

/** Docker's shares of a container that asks for nothing; one core is counted as as many, as others do it. */
const SHARES_OF_A_CORE = 1024;
const LEAST_SHARES = 2;

/** The body of `POST /containers/create` of the Engine API. */
export function createOptions(
  settings: ContainerSettings,
  timeoutMs: number,
  event: TaskEvent,
): ContainerCreateOptions {
  const { image, cmd, env, mounts, network, cpuReservation, memReservationBytes } = settings;
  return {
    Image: image,
    ...(cmd ? { Cmd: [...cmd] } : {}),
    Env: Object.entries({ ...env, ...ofAttempt(event) }).map(([name, value]) => `${name}=${value}`),
    Labels: {
      ...ownLabels(serverOf(event.task), Date.now() + timeoutMs),
      'cordyna.task': event.task,
      'cordyna.run': event.run,
      'cordyna.invocation': event.invocation,
    },
    HostConfig: {
      // A process as number 1 that passes signals on: without it many programs do not end when they are told to.
      Init: true,
      Mounts: mounts.map(({ source, target, readOnly }) => ({
        Type: source.startsWith('/') ? ('bind' as const) : ('volume' as const),
        Source: source,
        Target: target,
        ReadOnly: readOnly,
      })),
      ...(network === undefined ? {} : { NetworkMode: network }),
      ...(cpuReservation === undefined
        ? {}
        : { CpuShares: Math.max(LEAST_SHARES, Math.round(cpuReservation * SHARES_OF_A_CORE)) }),
      ...(memReservationBytes === undefined ? {} : { MemoryReservation: memReservationBytes }),
    },
  };
}

const ofAttempt = ({ run, task, attempt, invocation }: TaskEvent): Record<string, string> => ({
  CORDYNA_RUN: run,
  CORDYNA_TASK: task,
  CORDYNA_ATTEMPT: String(attempt),
  CORDYNA_INVOCATION: invocation,
});
