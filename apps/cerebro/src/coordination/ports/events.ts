import type { EventSignal, EventState, RuleFiring } from '@cordyna/engine';
import type { JsonObject, SignalOutcome } from '@cordyna/protocol/model';
import type { Versioned } from './versioned.js';

/** An event in the ledger. */
export interface StoredSignal extends EventSignal {
  readonly subject: string | null;
  /** By the sender's clock, epoch ms. */
  readonly at: number;
  readonly outcome: SignalOutcome;
}

/** What became of an event for one rule. */
export interface SignalRuleRow {
  readonly signal: string;
  readonly rule: string;
  readonly outcome: Exclude<SignalOutcome, 'pending' | 'no_rule'>;
  readonly reason: string | null;
  readonly firing: string | null;
}

export interface EventNeeds {
  readonly signals: readonly string[];
  readonly firings: readonly string[];
  readonly states: readonly string[];
}

export interface LoadedEvents {
  readonly signals: ReadonlyMap<string, StoredSignal>;
  readonly firings: ReadonlyMap<string, Versioned<RuleFiring>>;
  /** By id; version 0 and null: there is none. */
  readonly states: ReadonlyMap<string, Versioned<EventState | null>>;
}

export interface EventStateWrite {
  readonly id: string;
  readonly value: EventState;
  /** Of what waits, else null: the rule's event set, and when the first event has waited for too long (epoch ms). */
  readonly eventSet: string | null;
  readonly expiresAt: number | null;
}

export const CIRRUS_QUEUES = ['event', 'rule_state'] as const;
/** The logs of the Cirrus interface. */
export type CirrusQueue = (typeof CIRRUS_QUEUES)[number];

export interface QueueEntry {
  readonly queue: CirrusQueue;
  readonly name: string;
  readonly payload: JsonObject;
  /** Epoch ms. */
  readonly at: number;
}

export interface EventChanges {
  /** New ones; one that is there already is a conflict. */
  readonly signals: readonly StoredSignal[];
  /** Of `pending` ones, which they must still be. */
  readonly matched: readonly { readonly signal: string; readonly outcome: SignalOutcome }[];
  readonly rules: readonly SignalRuleRow[];
  readonly states: {
    /** id → version that was read */
    readonly read: ReadonlyMap<string, number>;
    readonly writes: readonly EventStateWrite[];
  };
  readonly firings: readonly { readonly expectedVersion: number | null; readonly value: RuleFiring }[];
  /** Emptied before `queue` is added. */
  readonly clearedQueues: readonly CirrusQueue[];
  readonly queue: readonly QueueEntry[];
  /** What waits for these is looked at again at once. */
  readonly changedRules: readonly string[];
  readonly changedSets: readonly string[];
}

/** What is due: a signal that a rule raised, a firing that goes on, events that waited for too long. */
export interface DueEvent {
  readonly what: 'signal' | 'firing' | 'waiting';
  readonly id: string;
  /** Of a firing the run that has ended. */
  readonly run: string | null;
}
