import type { JsonObject, TaskError } from '@cordyna/protocol/model';
import type { DeadlineKind } from './run.js';

/** Where an input came from; it goes into every history row that the input leaves. */
export interface Origin {
  /** CloudEvents source, `/http`, or `/cerebro/<instance>`. */
  readonly source: string;
  /** Source of what is decided in consequence: the coordinator that decides, `/cerebro` when it does not matter. */
  readonly coordinator?: string;
  /** When it happened by the sender's clock, epoch ms. */
  readonly at: number;
  /** The database's clock when it was taken in, epoch ms: the engine's only clock. */
  readonly now: number;
  readonly topic?: string;
  readonly partition?: number;
  /** Decimal. */
  readonly offset?: string;
}

/** Identity of the attempt that an update speaks of. */
export interface AttemptRef {
  readonly invocation: string;
  readonly task: string;
  readonly attempt: number;
}

/** What a task server reports. `leaseValid` is the shell's finding; the engine refuses the update when it is false. */
export type Update = AttemptRef & {
  readonly kind: 'update';
  readonly leaseValid: boolean;
  readonly instance: string;
} & (
    | { readonly report: 'queued'; readonly position?: number }
    | { readonly report: 'started' }
    | { readonly report: 'completed'; readonly output: JsonObject }
    | { readonly report: 'error'; readonly error: TaskError }
    /** Change no state: only given to be refused, for a wrong lease. */
    | { readonly report: 'progress' }
    | { readonly report: 'log' }
  );

/** Everything that can change a run after its creation. Timers and requests only propose. */
export type Input =
  | Update
  /** Kafka took the invoke of this invocation. */
  | { readonly kind: 'published'; readonly invocation: string }
  /** The watchdog: `deadlineAt` passed before `watermark` (epoch ms), up to which all updates are applied. */
  | {
      readonly kind: 'deadline';
      readonly invocation: string;
      readonly deadline: DeadlineKind;
      readonly watermark: number;
    }
  /** The instance that holds this invocation is lost, or went offline. */
  | { readonly kind: 'server-lost'; readonly invocation: string; readonly instance: string }
  /** The server of these members is withdrawn (World.declared says which). */
  | { readonly kind: 'withdrawn'; readonly server: string }
  /** A retry is due: looked at again are all pending tasks with `retryAt` <= now, and what a decision left to another. */
  | { readonly kind: 'retry-due' }
  /** Capacity may be free: looked at again are the pending tasks that wait for it. */
  | { readonly kind: 'capacity' }
  | { readonly kind: 'cancel'; readonly reason: string }
  | { readonly kind: 'retry' };
