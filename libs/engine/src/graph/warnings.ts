import { serverOf } from '@cordyna/protocol/model';
import type { DeclaredServer, JobDefinition, Registry, TaskDefinition } from '../model/index.js';
import { sameJson } from '../json/same.js';

/**
 * What is accepted and may yet surprise: own dependencies that are probably misspelt, those of a job's entries that nobody
 * waits for, and what other servers lose or must
 * check when a task that they depend on was removed or changed.
 */
export function declarationWarnings(
  server: DeclaredServer,
  former: DeclaredServer | undefined,
  registry: Registry,
): readonly string[] {
  const misspelt = server.tasks.flatMap((task) =>
    task.dependsOn
      .filter((name) => serverOf(name) === server.server && !registry.tasks.has(name))
      .map((name) => `${task.task} depends on ${name}, which ${server.server} does not declare`),
  );
  return [
    ...misspelt,
    ...server.jobs.flatMap(notWaitedFor),
    ...(former?.tasks ?? []).flatMap((task) => consequences(task, server.server, registry)),
  ];
}

function notWaitedFor({ job, tasks }: JobDefinition): readonly string[] {
  const members = new Set(tasks.map((entry) => entry.task));
  return tasks.flatMap(({ task, dependsOn = [] }) =>
    dependsOn
      .filter((name) => !members.has(name))
      .map((name) => `in the job ${job}, ${task} is not waiting for ${name}, which is not a member of it`),
  );
}

function consequences(before: TaskDefinition, server: string, registry: Registry): readonly string[] {
  const name = before.task;
  const now = registry.tasks.get(name);
  if (now && sameJson(before, now)) return [];
  const dependents = (registry.dependents.get(name) ?? []).filter((task) => serverOf(task) !== server);
  const jobs = [...registry.jobs.values()]
    .filter((job) => serverOf(job.job) !== server && job.tasks.some((entry) => entry.task === name))
    .map((job) => job.job);
  const warnings: string[] = [];
  if (dependents.length > 0) {
    const what = now
      ? 'was changed, check what depends on it'
      : 'is no longer declared, and stays unresolved for';
    warnings.push(`${name} ${what}: ${dependents.join(', ')}`);
  }
  if (jobs.length > 0) {
    const what = now ? 'was changed, check the jobs' : 'is no longer declared, which stops the jobs';
    warnings.push(`${name} ${what}: ${jobs.join(', ')}`);
  }
  return warnings;
}
