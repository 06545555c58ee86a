import type { JsonObject, SignalOutcome } from '@cordyna/protocol/model';
import type { ChangedBy } from './definitions/changes.js';
import type { CirrusQueue } from './ports/index.js';

/** An event that happened, as it is told. */
export interface NewEvent {
  readonly source: string;
  readonly id: string;
  readonly type: string;
  readonly subject: string | null;
  /** By the sender's clock, epoch ms; null: now. */
  readonly at: number | null;
  readonly data: JsonObject;
  readonly force?: boolean;
  /** What the Cirrus interface writes down of it. */
  readonly note?: JsonObject;
}

export interface TakenEvent {
  /** Its id in the ledger. */
  readonly signal: string;
  readonly outcome: SignalOutcome;
  /** False: the same source and id came before. */
  readonly created: boolean;
  /** That fired. */
  readonly rules: readonly string[];
}

/** What people tell of events, and ask of rules, besides defining them. Answered once it is committed. */
export abstract class Events {
  /** @throws RequestRefused `unavailable` */
  abstract tell(event: NewEvent): Promise<TakenEvent>;
  /** @throws RequestRefused when there is no such rule, or its fuse is not blown */
  abstract resetFuse(rule: string, by: ChangedBy): Promise<void>;
  /** A state of a rule that somebody reports over the Cirrus interface. */
  abstract noteRuleState(rule: string, state: string): Promise<void>;
  /** Of `event`: nothing that latched sets wait for has happened from then on. */
  abstract clearQueue(queue: CirrusQueue): Promise<void>;
}
