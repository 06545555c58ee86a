import type { JobDeclaration } from './declaration.js';

/** What people define over HTTP and in files, besides what task servers declare. */
export const DEFINITION_KINDS = ['job'] as const;
export type DefinitionKind = (typeof DEFINITION_KINDS)[number];

/** A job that no server declares: every name in it is qualified. */
export type JobBody = Omit<JobDeclaration, 'name'>;
