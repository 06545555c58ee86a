import type { DeclarationError, JobDeclaration, ServerDeclaration } from '@cordyna/protocol/model';
import { qualify } from '@cordyna/protocol/model';
import { repeated } from './check-tasks.js';
import { cyclesClosedBy } from './cycles.js';
import type { Edges } from './cycles.js';

/**
 * What is wrong with a server's jobs. A member that another server should declare may be missing, and cycles are looked for
 * among what this declaration says itself, so that the answer does not depend on which server came first.
 */
export function jobErrors(declaration: ServerDeclaration): readonly DeclarationError[] {
  const { server, jobs = [] } = declaration;
  const duplicates = repeated(jobs.map((job) => job.name)).map((at) => ({
    code: 'duplicate_name',
    path: `/jobs/${at}/name`,
    message: `the job '${jobs[at]?.name}' is declared twice: give each job of ${server} a name of its own`,
  }));
  const own = jobs.flatMap((job, at) => [
    ...memberErrors(declaration, job, `/jobs/${at}/tasks`),
    ...edgeErrors(server, job, `/jobs/${at}/tasks`),
    ...jobCycles(declaration, job, `/jobs/${at}/tasks`),
  ]);
  return [...duplicates, ...own];
}

function memberErrors(
  { server, tasks }: ServerDeclaration,
  job: JobDeclaration,
  path: string,
): readonly DeclarationError[] {
  const members = job.tasks.map((entry) => qualify(server, entry.task));
  const own = new Set(tasks.map((task) => `${server}.${task.name}`));
  const duplicates = repeated(members).map((at) => ({
    code: 'duplicate_member',
    path: `${path}/${at}/task`,
    message: `${members[at]} is in the job '${job.name}' twice: keep one entry`,
  }));
  const unknown = members.flatMap((task, at) =>
    task.startsWith(`${server}.`) && !own.has(task)
      ? [
          {
            code: 'unknown_task',
            path: `${path}/${at}/task`,
            message: `${task} is not among the tasks of ${server}: declare it or correct the name`,
          },
        ]
      : [],
  );
  return [...duplicates, ...unknown];
}

function edgeErrors(server: string, job: JobDeclaration, path: string): readonly DeclarationError[] {
  return job.tasks.flatMap((entry, at) => {
    const task = qualify(server, entry.task);
    const dependencies = (entry.dependsOn ?? []).map((name) => qualify(server, name));
    const twice = new Set(repeated(dependencies));
    const error = (position: number, code: string, message: string): DeclarationError[] => [
      { code, path: `${path}/${at}/dependsOn/${position}`, message },
    ];
    return dependencies.flatMap((dependency, position) => {
      if (dependency === task)
        return error(position, 'self_dependency', `${task} depends on itself: remove this dependency`);
      if (twice.has(position))
        return error(position, 'duplicate_dependency', `${dependency} is named twice: keep one`);
      return [];
    });
  });
}

function jobCycles(
  { server, tasks }: ServerDeclaration,
  job: JobDeclaration,
  path: string,
): readonly DeclarationError[] {
  const declared = new Map(tasks.map((task) => [`${server}.${task.name}`, task]));
  const edges: Edges = new Map(
    job.tasks.map((entry) => {
      const task = qualify(server, entry.task);
      const own = declared.get(task);
      const names = entry.dependsOn ?? [...(own?.dependsOn ?? []), ...(own?.forEach ? [own.forEach] : [])];
      return [task, names.map((name) => qualify(server, name)).filter((name) => name !== task)];
    }),
  );
  const own = job.tasks.flatMap((entry, at) => {
    const task = qualify(server, entry.task);
    const dependencies = edges.get(task) as readonly string[];
    return dependencies.map((dependency) => ({ task, dependency, path: `${path}/${at}/dependsOn` }));
  });
  return [...cyclesClosedBy(edges, own)].map(([cycle, at]) => {
    const message = `the job '${job.name}' has the cycle ${cycle} (each depends on the next): remove one of its dependencies`;
    return { code: 'cycle', path: at, message };
  });
}
