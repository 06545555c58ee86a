import type {
  DeclarationError,
  DefinitionKind,
  JobDeclaration,
  JobTask,
  JsonObject,
  RetryPolicy,
  TaskLimit,
  Timeouts,
} from '@cordyna/protocol/model';

/** A declared task with every default filled in and every name qualified. */
export interface TaskDefinition {
  readonly task: string;
  readonly server: string;
  readonly description: string | null;
  /** Declared order; `forEach` last unless `dependsOn` names it too. */
  readonly dependsOn: readonly string[];
  readonly forEach: string | null;
  /** Of a `forEach`: elements that failed block nothing. */
  readonly onError?: 'continue';
  /** Of a `forEach`: so many elements are under way at once; all when absent. */
  readonly concurrency?: number;
  readonly everyMs: number | null;
  readonly cron: string | null;
  readonly timezone: string;
  readonly args: JsonObject;
  readonly timeouts: Timeouts;
  readonly retry: RetryPolicy;
  /** Absent when there are none. */
  readonly limits?: readonly TaskLimit[];
  readonly argsSchema: JsonObject | null;
  readonly outputSchema: JsonObject | null;
}

export interface JobDefinition extends Omit<JobDeclaration, 'args' | 'tasks'> {
  /** `<server>.<job>`, or the bare name of one that no server declares. */
  readonly job: string;
  readonly tasks: readonly JobTask[];
  /** Of one that no server declares. */
  readonly version?: number;
  readonly args: JsonObject;
}

export interface DeclaredServer {
  readonly server: string;
  readonly version: string | null;
  readonly team: string | null;
  readonly contact: string | null;
  readonly description: string | null;
  readonly tasks: readonly TaskDefinition[];
  readonly jobs: readonly JobDefinition[];
  /** What others changed that it depends on, since it was declared like this: oldest first. */
  readonly notices?: readonly string[];
}

/** Something that people defined, in one of its versions; a body of null means that it was removed. */
export interface Definition {
  readonly kind: DefinitionKind;
  readonly name: string;
  /** From 1, without gaps; a removal has a number of its own. */
  readonly version: number;
  readonly body: JsonObject | null;
}

/** The union of all declarations and definitions in force. Immutable. */
export interface Registry {
  readonly servers: ReadonlyMap<string, DeclaredServer>;
  readonly tasks: ReadonlyMap<string, TaskDefinition>;
  /** Declared ones, and those defined over HTTP or in files. */
  readonly jobs: ReadonlyMap<string, JobDefinition>;
  /** task → the declared tasks that depend on it, in the order of their names */
  readonly dependents: ReadonlyMap<string, readonly string[]>;
  /** By `definitionId`: the newest version of each, removed ones too. */
  readonly definitions: ReadonlyMap<string, Definition>;
}

export type DeclareResult =
  | {
      readonly ok: true;
      readonly registry: Registry;
      readonly server: DeclaredServer;
      /** False when an equal declaration was in force. */
      readonly changed: boolean;
      readonly tasks: readonly string[];
      /** Dependencies that nobody has declared. */
      readonly unresolved: readonly string[];
      readonly warnings: readonly string[];
    }
  | { readonly ok: false; readonly errors: readonly DeclarationError[] };

/** Why no plan could be made. */
export interface PlanError {
  readonly code: 'unknown_task' | 'unknown_job' | 'invalid_args' | 'cycle';
  /** JSON pointer into the request. */
  readonly path: string;
  readonly message: string;
}

/** Checks that need a library which the engine does not import; each returns what is wrong, empty when nothing is. */
export interface DeclarationTools {
  readonly schemaErrors: (schema: JsonObject) => readonly string[];
  readonly cronErrors: (pattern: string, timezone: string) => readonly string[];
}

export interface GraphNode {
  readonly task: string;
  readonly server: string;
  /** False: somebody depends on it, and nobody declares it. */
  readonly declared: boolean;
  /** Its dependencies that nobody declares, sorted. */
  readonly unresolved: readonly string[];
}

/** `to` depends on `from`. */
export interface GraphEdge {
  readonly from: string;
  readonly to: string;
}

export interface Graph {
  readonly nodes: readonly GraphNode[];
  readonly edges: readonly GraphEdge[];
}
