import { hostname } from 'node:os';
import type Docker from 'dockerode';
import { logToStdout } from '@cordyna/task-server';

const LABEL = 'cordyna.server';
const HOST = 'cordyna.runner.host';
const PID = 'cordyna.runner.pid';
const UNTIL = 'cordyna.until';
/** For pulling, stopping and clocks that differ. */
const MARGIN_MS = 30 * 60_000;
const ANSWER_MS = 30_000;

type Labels = Readonly<Record<string, string>>;

/** By these a container is known when nobody looks after it any more. @param limitMs when it will have been stopped */
export const ownLabels = (server: string, limitMs: number): Labels => ({
  [LABEL]: server,
  [HOST]: hostname(),
  [PID]: String(process.pid),
  [UNTIL]: new Date(limitMs).toISOString(),
});

/**
 * Removes the containers of runners of this server that were killed. Those of other instances stay: of their processes on this
 * machine that are there, and elsewhere while their time has not passed. Never rejects.
 */
export async function removeLeftOver(docker: Docker, server: string, now = Date.now()): Promise<void> {
  const abortSignal = AbortSignal.timeout(ANSWER_MS);
  const tell = (what: string) => (error: Error) => logToStdout('warn', `${what}: ${error.message}`, {});
  const filters = { label: [`${LABEL}=${server}`] };
  const found = await docker
    .listContainers({ all: true, filters, abortSignal })
    .catch(tell('containers that a killed runner left could not be looked for'));
  for (const { Id, Labels } of found ?? []) {
    if (!isLeftOver(Labels, now)) continue;
    await docker
      .getContainer(Id)
      .remove({ force: true, v: true, abortSignal })
      .then(() => logToStdout('info', `removed container ${Id}, which a killed runner left`, {}))
      .catch(tell(`container ${Id}, which a killed runner left, could not be removed`));
  }
}

function isLeftOver(labels: Labels, now: number): boolean {
  if (Date.parse(labels[UNTIL] ?? '') + MARGIN_MS < now) return true;
  const pid = Number(labels[PID]);
  // At its start a runner has no containers: those of its own number are of a process before it.
  return labels[HOST] === hostname() && (pid === process.pid || !isAlive(pid));
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
