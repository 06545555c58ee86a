import type { RunScope } from './execution.js';
import type { JsonObject, JsonValue } from './json.js';

/** What somebody noted of an event by its name; an event needs no definition to happen. */
export interface EventBody {
  readonly description?: string;
  readonly payload?: JsonValue;
}

/** Which events complete it; of a rule each event is used at most once. */
export interface EventSetBody {
  readonly description?: string;
  /** CloudEvents types. */
  readonly events: readonly string[];
  /** Default all. */
  readonly complete?: 'all' | 'any';
  /** So many of them instead. */
  readonly atLeast?: number;
  /** type → JSON Schema of the data; an event that does not fit it is filtered. */
  readonly filters?: { readonly [type: string]: JsonObject };
  /** From the first to the last event that completes it. */
  readonly windowMs?: number;
  /** JSON pointer into the data: only events with the same value there complete it. */
  readonly correlate?: string;
  /** An event that happened counts from then on, and is not used up. */
  readonly latched?: boolean;
}

/** Exactly one of `task`, `job` and `cmd`. */
export interface Activity {
  readonly task?: string;
  readonly job?: string;
  readonly scope?: RunScope;
  readonly args?: JsonObject;
  readonly taskArgs?: { readonly [task: string]: JsonObject };
  /** Of `task` and `job`: the argument that gets the events of the firing. */
  readonly eventsAs?: string;
  /** `__auto_trigger__`, or a command for the runner. */
  readonly cmd?: string | readonly string[];
  readonly task_type?: string;
  /** The task server that runs `cmd`; default `runner`. */
  readonly runner?: string;
  readonly image?: string;
  /** An object, or a list of `NAME=value`. */
  readonly env?: JsonObject | readonly string[];
  readonly mounts?: readonly JsonValue[];
  /** A number, or a text that is one. */
  readonly cpu_reservation?: number | string;
  readonly mem_reservation?: number | string;
}

export const AUTO_TRIGGER = '__auto_trigger__';

export interface RuleBody {
  readonly description?: string;
  /** Completed by events, it makes the rule fire. */
  readonly eventSet: string;
  readonly activity: Activity;
  /** The event set whose events happen when the activity has succeeded. */
  readonly triggering?: string;
  /** How often the activity is begun at most; default 1. */
  readonly attempts?: number;
  /** More than that within a minute blow the fuse. */
  readonly firingsPerMinute?: number;
}

export const SIGNAL_OUTCOMES = ['pending', 'triggered', 'waiting', 'expired', 'filtered', 'no_rule'] as const;
/**
 * What became of an event, the first that holds of any rule: it triggered one, waits in a set, waited for too long, was
 * filtered, or no rule is about it. `pending`: raised by a rule, and about to be looked at.
 */
export type SignalOutcome = (typeof SIGNAL_OUTCOMES)[number];

export const RULE_FIRING_STATES = ['due', 'running', 'done', 'error'] as const;
export type RuleFiringState = (typeof RULE_FIRING_STATES)[number];
