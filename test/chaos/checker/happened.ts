import type { EventSetBody, RuleBody } from '@cordyna/protocol/model';

/** An event that was taken in: Kafka acknowledged it, or HTTP answered it with 202. */
export interface AcceptedSignal {
  readonly source: string;
  readonly id: string;
  readonly type: string;
  /** What its event sets correlate by. */
  readonly key: string;
}

/** A row of the ledger of events. */
export interface StoredSignal {
  readonly signal: string;
  readonly source: string;
  readonly id: string;
  readonly type: string;
  readonly outcome: string;
  readonly key: string | null;
}

/** What one rule made of an event. */
export interface SignalUse {
  readonly signal: string;
  readonly rule: string;
  readonly outcome: string;
  readonly firing: string | null;
}

export interface StoredRuleFiring {
  readonly firing: string;
  readonly rule: string;
  readonly state: string;
  /** How often its activity was begun. */
  readonly attempt: number;
  readonly run: string | null;
  readonly events: readonly { readonly signal: string; readonly type: string }[];
}

/** Everything about events that happened, with the rules and event sets that were in force all the time. */
export interface Happened {
  readonly accepted: readonly AcceptedSignal[];
  readonly ledger: readonly StoredSignal[];
  readonly uses: readonly SignalUse[];
  readonly firings: readonly StoredRuleFiring[];
  readonly rules: Readonly<Record<string, RuleBody>>;
  readonly sets: Readonly<Record<string, EventSetBody>>;
}

export const NOTHING_HAPPENED: Happened = {
  ...{ accepted: [], ledger: [], uses: [], firings: [], rules: {}, sets: {} },
};

/** One version of what people defined. */
export interface StoredDefinition {
  readonly kind: string;
  readonly name: string;
  readonly version: number;
  /** Null: removed. */
  readonly body: Readonly<Record<string, unknown>> | null;
  readonly atMs: number;
}

/** What a coordinator said that a file does to a definition. */
export interface ChangedDefinition {
  readonly kind: string;
  readonly name: string;
  readonly outcome: 'created' | 'changed' | 'unchanged' | 'removed';
  readonly version: number;
}

/** A file that was sent until it was answered. */
export interface AnsweredFile {
  /** The description of the jobs in it. */
  readonly mark: string;
  /** Those jobs. */
  readonly names: readonly string[];
  readonly outcome: 'applied' | 'refused' | 'tried';
  /** As it was answered: everything that the file has. */
  readonly changes: readonly ChangedDefinition[];
}

/** What people defined while everything else went on. */
export interface Defined {
  readonly versions: readonly StoredDefinition[];
  /** Jobs that every file that was applied gave the same body, those of one kind of file together. */
  readonly alike: readonly (readonly string[])[];
  readonly files: readonly AnsweredFile[];
  /** Schedules that were changed often, and never paused: due at whole multiples of their interval since 1970. */
  readonly changed: readonly string[];
}

export const NOTHING_DEFINED: Defined = { versions: [], alike: [], files: [], changed: [] };
