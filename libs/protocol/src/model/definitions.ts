import type { JobDeclaration, JobTaskDeclaration, RetryPolicy, Timeouts } from './declaration.js';
import type { RunScope } from './execution.js';
import type { JsonObject } from './json.js';

/** What people define over HTTP and in files, besides what task servers declare. */
export const DEFINITION_KINDS = ['policy', 'job', 'schedule', 'event', 'event-set', 'rule'] as const;
export type DefinitionKind = (typeof DEFINITION_KINDS)[number];

/** What is left out of `timeouts` and `retry` is as the task declares it. */
export interface JobTask extends JobTaskDeclaration {
  readonly timeouts?: Partial<Timeouts>;
  readonly retry?: Partial<RetryPolicy>;
}

/** A job that no server declares: every name in it is qualified. */
export interface JobBody extends Omit<JobDeclaration, 'name' | 'tasks'> {
  readonly tasks: readonly JobTask[];
}

/** What becomes of a due time while the run of the previous firing is unfinished. */
export const OVERLAPS = ['skip', 'buffer-one', 'queue', 'cancel-running', 'allow'] as const;
export type Overlap = (typeof OVERLAPS)[number];
/** What becomes of due times that nobody was there for. */
export const CATCH_UPS = ['none', 'last', 'all'] as const;
export type CatchUp = (typeof CATCH_UPS)[number];

/** A schedule made over HTTP or in a file, or what overrides parts of a declared one (then without `task` and `job`). */
export interface ScheduleBody {
  readonly description?: string;
  readonly task?: string;
  readonly job?: string;
  readonly scope?: RunScope;
  readonly args?: JsonObject;
  readonly taskArgs?: { readonly [task: string]: JsonObject };
  readonly everyMs?: number;
  readonly cron?: string;
  readonly timezone?: string;
  readonly daylightSaving?: 'once' | 'skip';
  readonly overlap?: Overlap;
  readonly catchUp?: CatchUp;
  readonly catchUpLimit?: number;
  /** RFC 3339. */
  readonly startsAt?: string;
  readonly endsAt?: string;
}

/** What a finding does to what it is about. */
export const POLICY_LEVELS = ['warn', 'refuse'] as const;
export type PolicyLevel = (typeof POLICY_LEVELS)[number];

export interface PolicyPattern {
  /** RE2. */
  readonly pattern: string;
  readonly level: PolicyLevel;
}

interface PolicyAbout<Member extends string> {
  readonly required?: { readonly [member in Member]?: PolicyLevel };
  readonly naming?: PolicyPattern;
}

/** `*` stands for any characters; a name without a dot for all tasks of a server. */
export interface PolicyEdges {
  readonly from: readonly string[];
  readonly to: readonly string[];
}

/** What declarations and jobs must have, and who may depend on whom. There is one, of this name. */
export const POLICY_NAME = 'policy';
export interface PolicyBody {
  readonly description?: string;
  readonly servers?: PolicyAbout<'version' | 'team' | 'contact' | 'description'>;
  readonly tasks?: PolicyAbout<'description' | 'timeouts' | 'argsSchema' | 'outputSchema'>;
  readonly jobs?: PolicyAbout<'description'>;
  readonly dependencies?: {
    readonly level: PolicyLevel;
    readonly allow?: readonly PolicyEdges[];
    readonly deny?: readonly PolicyEdges[];
  };
}
