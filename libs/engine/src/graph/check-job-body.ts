import type { DeclarationError, JobBody } from '@cordyna/protocol/model';
import type { Registry } from '../model/index.js';
import { jobErrors } from './check-jobs.js';
import { planJob } from './plan-job.js';

const OWN = '/jobs/0';

export interface JobCheck {
  /** Paths into the body. */
  readonly errors: readonly DeclarationError[];
  /** Members that no server declares, sorted: a run cannot be made before they are. */
  readonly unresolved: readonly string[];
}

/** What is wrong with a job that no server declares. Shapes and names are checked where the body is read. */
export function jobBodyErrors(registry: Registry, name: string, body: JobBody): JobCheck {
  const own = jobErrors({ server: '', tasks: [], jobs: [{ ...body, name }] });
  const errors = own.map((error) => ({ ...error, path: error.path.slice(OWN.length) }));
  const unresolved = [...new Set(body.tasks.map(({ task }) => task))].filter(
    (task) => !registry.tasks.has(task),
  );
  if (errors.length === 0 && unresolved.length === 0) errors.push(...cycleWithDeclared(registry, name, body));
  return { errors, unresolved: unresolved.sort() };
}

/** Own edges and declared ones may close a cycle only together. */
function cycleWithDeclared(registry: Registry, name: string, body: JobBody): readonly DeclarationError[] {
  const planned = planJob(registry, { job: name, name, args: {}, tasks: body.tasks });
  return planned.ok ? [] : planned.errors.map(({ code, message }) => ({ code, path: '/tasks', message }));
}
