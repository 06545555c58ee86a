import type { ServerDeclaration } from '@cordyna/protocol/model';
import type { DeclaredServer, DeclarationTools, DeclareResult, Registry } from '../model/index.js';
import { sameJson } from '../json/same.js';
import { cycleErrors } from './check-cycles.js';
import { jobErrors } from './check-jobs.js';
import { taskErrors } from './check-tasks.js';
import { defineServer } from './definitions.js';
import { withServer } from './registry.js';
import { declarationWarnings } from './warnings.js';

/**
 * Puts a server's declaration in force, in the place of its former one, or refuses it as a whole with every error: code, JSON
 * pointer into the declaration, and a message that says what to do. What is accepted gives the same registry in any order
 * of arrival. `registry` is never changed; an equal declaration gives it back (`changed` false).
 */
export function declare(
  registry: Registry,
  declaration: ServerDeclaration,
  tools: DeclarationTools,
): DeclareResult {
  const server = defineServer(declaration);
  const former = registry.servers.get(server.server);
  const changed = !former || !sameJson({ ...former, notices: undefined }, server);
  const next = changed ? withServer(registry, server) : registry;
  const errors = [
    ...taskErrors(declaration, tools),
    ...jobErrors(declaration),
    ...cycleErrors(declaration, next),
  ];
  if (errors.length > 0) return { ok: false, errors };
  return {
    ok: true,
    registry: next,
    server,
    changed,
    tasks: server.tasks.map((task) => task.task),
    unresolved: unresolvedOf(server, next),
    warnings: declarationWarnings(server, former, next),
  };
}

/** Dependencies and members of jobs that nobody has declared, sorted. */
function unresolvedOf(server: DeclaredServer, registry: Registry): readonly string[] {
  const named = [
    ...server.tasks.flatMap((task) => task.dependsOn),
    ...server.jobs.flatMap((job) => job.tasks.map((entry) => entry.task)),
  ];
  return [...new Set(named)].filter((task) => !registry.tasks.has(task)).sort();
}
