import type { ServerDeclaration } from '@cordyna/protocol/model';
import type { DeclaredServer } from '../model/index.js';

const orAbsent = <T>(value: T | null): T | undefined => value ?? undefined;

/** A declaration in force as one that is sent, as far as a policy looks at it: every timeout has its default by now. */
export const declarationOf = (server: DeclaredServer): ServerDeclaration => ({
  server: server.server,
  version: orAbsent(server.version),
  team: orAbsent(server.team),
  contact: orAbsent(server.contact),
  description: orAbsent(server.description),
  tasks: server.tasks.map(({ task, description, dependsOn, timeouts, argsSchema, outputSchema }) => ({
    name: task.slice(server.server.length + 1),
    description: orAbsent(description),
    dependsOn,
    timeouts,
    argsSchema: orAbsent(argsSchema),
    outputSchema: orAbsent(outputSchema),
  })),
  jobs: server.jobs.map(({ name, description, tasks }) => ({ name, description, tasks })),
});
