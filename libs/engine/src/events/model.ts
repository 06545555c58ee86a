import type { EventSetBody, JsonObject, RuleBody, RuleFiringState } from '@cordyna/protocol/model';

/** An event that happened. `signal` is its id in the ledger. */
export interface EventSignal {
  readonly signal: string;
  readonly source: string;
  readonly id: string;
  readonly type: string;
  readonly data: JsonObject;
  /** Of a latched set: counts although it happened before. */
  readonly force: boolean;
}

/** A rule in force with its event set. */
export interface ActiveRule {
  readonly rule: string;
  readonly version: number;
  readonly body: RuleBody;
  readonly set: EventSetBody;
  /** What waits in an older revision does not complete this one. */
  readonly revision: string;
}

export interface EventRef {
  readonly signal: string;
  readonly type: string;
}

export interface WaitingEvent extends EventRef {
  /** When it was taken in, epoch ms. */
  readonly at: number;
}

/** Events of one rule, with one value of its correlation key, that wait for others; the oldest first. */
export interface WaitState {
  readonly kind: 'wait';
  readonly rule: string;
  readonly key: string;
  readonly revision: string;
  readonly waiting: readonly WaitingEvent[];
}

/** Counts the firings of a rule; once it is blown the rule does not fire before it is reset. */
export interface FuseState {
  readonly kind: 'fuse';
  readonly rule: string;
  /** Begin of the minute that is counted, epoch ms. */
  readonly since: number;
  readonly firings: number;
  readonly blown: { readonly at: number; readonly reason: string } | null;
  readonly reset: {
    readonly at: number;
    readonly author: string | null;
    readonly reason: string | null;
  } | null;
}

/** The newest event of its type that counts for latched sets. */
export interface LatchedEvent extends EventRef {
  /** When it was taken in, epoch ms. */
  readonly at: number;
  /** Rules in whose set it waits, according to the ledger. */
  readonly waitsIn: readonly string[];
}

/** Events of latched sets that happened. */
export interface LatchState {
  readonly kind: 'latch';
  /** Their types. */
  readonly happened: readonly string[];
  /** Older states have none. */
  readonly events?: readonly LatchedEvent[];
}

/** What matching remembers; each is an aggregate of its own. */
export type EventState = WaitState | FuseState | LatchState;

export const LATCH = 'latch';
export const fuseId = (rule: string): string => `fuse ${rule}`;
export const waitId = (rule: string, key: string): string => `wait ${rule} ${key}`;

export const NO_WAIT = (rule: string, key: string, revision: string): WaitState => ({
  ...{ kind: 'wait', rule, key, revision, waiting: [] },
});
export const NEW_FUSE = (rule: string): FuseState => ({
  ...{ kind: 'fuse', rule, since: 0, firings: 0, blown: null, reset: null },
});
export const NO_LATCH: LatchState = { kind: 'latch', happened: [] };

/** One firing of a rule, with the rule as it was then. Times are epoch ms. */
export interface RuleFiring {
  readonly firing: string;
  readonly rule: string;
  readonly ruleVersion: number;
  readonly body: RuleBody;
  /** Value of the correlation key; empty without one. */
  readonly key: string;
  readonly at: number;
  readonly force: boolean;
  /** The last one completed the set. */
  readonly events: readonly EventRef[];
  readonly state: RuleFiringState;
  /** Of the activity, from 1 once it was begun. */
  readonly attempt: number;
  /** Of the latest attempt. */
  readonly run: string | null;
  readonly error: { readonly code: string; readonly message: string } | null;
  readonly finishedAt: number | null;
}
