import { serverOf } from '@cordyna/protocol/model';
import type { DeclaredServer, JobDefinition, Registry, TaskDefinition } from '../model/index.js';
import { startersOf } from '../definitions/index.js';
import { sameJson } from '../json/same.js';
import { outputLosses } from './output-changes.js';

/** What a declaration does to those who depend on one of its server's tasks. */
interface Consequence {
  /** What became of the task, as the end of a sentence that begins with its name. */
  readonly what: string;
  readonly task: string;
  readonly isGone: boolean;
  /** Tasks of other servers, sorted. */
  readonly dependents: readonly string[];
  /** Jobs that are not of this server. */
  readonly jobs: readonly string[];
}

const NOT_DECLARED = 'is no longer declared';

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
    ...consequencesOf(former, registry).flatMap(toWhoChanges),
    ...goneOf(former, registry).flatMap((gone) => stoppedBy(gone, registry)),
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

function toWhoChanges({ task, what, isGone, dependents, jobs }: Consequence): readonly string[] {
  const [check, stop] = isGone
    ? ['and stays unresolved for', 'which stops the jobs']
    : ['check what depends on it', 'check the jobs'];
  return [
    ...(dependents.length > 0 ? [`${task} ${what}, ${check}: ${dependents.join(', ')}`] : []),
    ...(jobs.length > 0 ? [`${task} ${what}, ${stop}: ${jobs.join(', ')}`] : []),
  ];
}

/**
 * What the servers that depend on this one are to know of its new declaration (or withdrawal): server → sentences.
 * @param registry with the change in it
 */
export function noticesOf(
  former: DeclaredServer | undefined,
  registry: Registry,
): ReadonlyMap<string, readonly string[]> {
  const notices = new Map<string, string[]>();
  for (const { task, what, dependents } of consequencesOf(former, registry)) {
    for (const server of new Set(dependents.map(serverOf))) {
      const own = dependents.filter((name) => serverOf(name) === server).join(', ');
      notices.set(server, [...(notices.get(server) ?? []), `${task}, used by ${own}, ${what}`]);
    }
  }
  return notices;
}

const consequencesOf = (former: DeclaredServer | undefined, registry: Registry): readonly Consequence[] =>
  (former?.tasks ?? []).flatMap((before): readonly Consequence[] => {
    const { task } = before;
    const now = registry.tasks.get(task);
    if (now && sameJson(before, now)) return [];
    const isOther = (name: string): boolean => !name.startsWith(`${before.server}.`);
    const dependents = (registry.dependents.get(task) ?? []).filter(isOther);
    const jobs = [...registry.jobs.values()]
      .filter(({ job, tasks }) => isOther(job) && tasks.some((entry) => entry.task === task))
      .map(({ job }) => job);
    const what = now ? `was changed (${changesOf(before, now)})` : NOT_DECLARED;
    return [{ task, what, isGone: !now, dependents, jobs }];
  });

type Gone = { readonly task: string } | { readonly job: string };

const goneOf = (former: DeclaredServer | undefined, registry: Registry): readonly Gone[] => [
  ...(former?.tasks ?? []).filter(({ task }) => !registry.tasks.has(task)).map(({ task }) => ({ task })),
  ...(former?.jobs ?? []).filter(({ job }) => !registry.jobs.has(job)).map(({ job }) => ({ job })),
];

/** Those who made these rules and schedules are no task server: whoever removes the task is told of them. */
function stoppedBy(gone: Gone, registry: Registry): readonly string[] {
  const { rules, schedules } = startersOf(registry, gone);
  const name = 'task' in gone ? gone.task : gone.job;
  return [
    ...(rules.length > 0 ? [`${name} ${NOT_DECLARED}, which stops the rules: ${rules.join(', ')}`] : []),
    ...(schedules.length > 0
      ? [`${name} ${NOT_DECLARED}, which stops the schedules: ${schedules.join(', ')}`]
      : []),
  ];
}

function changesOf(before: TaskDefinition, now: TaskDefinition): string {
  const lost = outputLosses(before.outputSchema, now.outputSchema);
  const members = (Object.keys(now) as (keyof TaskDefinition)[])
    .filter((member) => !sameJson(before[member], now[member]))
    .map((member) =>
      member === 'outputSchema' && lost.length > 0 ? `outputSchema: ${lost.join('; ')}` : member,
    );
  return members.join(', ');
}
