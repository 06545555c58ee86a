import type { InvokeCommand } from '@cordyna/protocol/model';

const ACKNOWLEDGED = Promise.resolve();

/** All that is remembered of an invocation when it has ended: its inputs may be large, and there may be very many. */
export class Receipt {
  /** Resolves when Kafka has the update that acknowledged it. */
  acknowledged = ACKNOWLEDGED;
  /** Epoch seconds, which are small numbers to V8; 0: it has not ended. */
  forgetAtS = 0;
}

/** One invocation that this instance acknowledged, until it ended. */
export interface Work {
  readonly command: InvokeCommand;
  readonly traceparent: string | undefined;
  readonly receivedAtMs: number;
  /** When it may no longer begin, unless it was acknowledged. */
  readonly expiresAtMs: number;
  readonly abort: AbortController;
  readonly receipt: Receipt;
  /** See `Attempt`. */
  identity?: string;
  /** Told once it begins, with the acknowledgement of `started`. */
  onBegun?: (started: Promise<void>) => void;
}

class KnownWork implements Work {
  readonly receipt = new Receipt();
  declare identity?: string;
  declare onBegun?: Work['onBegun'];
  private controller: AbortController | undefined;

  constructor(
    readonly command: InvokeCommand,
    readonly traceparent: string | undefined,
    readonly receivedAtMs: number,
    readonly expiresAtMs: number,
  ) {}

  /** Made when it is asked for: it takes longer than all else that is remembered of an attempt. */
  get abort(): AbortController {
    return (this.controller ??= new AbortController());
  }
}

/** What to do with a command that invokes. */
export type Admission =
  | { readonly kind: 'begin'; readonly work: Work }
  | { readonly kind: 'queue'; readonly work: Work; readonly position: number }
  /** The local queue is full, the server is draining, or it does not have the task. */
  | { readonly kind: 'refuse'; readonly work: Work }
  /** Seen before: it runs once, and its offset is committed once its update was acknowledged. */
  | { readonly kind: 'known'; readonly receipt: Receipt }
  /** `handBack`: it has not been handed back for this reason before. */
  | { readonly kind: 'expired'; readonly handBack: boolean }
  | { readonly kind: 'cancelled' };

export interface LedgerLimits {
  readonly concurrency: number;
  readonly queueLimit: number;
}

/** Protocol, rule 6: how long after `expiresAt` an invocation that was not acknowledged may still begin. */
const EXPIRY_GRACE_MS = 2_000;
/** Protocol, rule 8. */
const CANCEL_MEMORY_MS = 600_000;
/** How long a task that was handed back because it came too late is remembered. */
const HAND_BACK_MEMORY_MS = 600_000;
/** For clocks that are set back; without one an ended invocation could be forgotten as soon as it has expired. */
const MEMORY_MARGIN_MS = 60_000;

/**
 * What an instance knows about its invocations: which run, which wait, which were seen, which were cancelled before
 * they came. Rules 3, 5, 6 and 8 of the protocol as plain bookkeeping; the caller gives the time and does the work.
 */
export class WorkLedger {
  /** In the order in which they came. */
  private readonly known = new Map<string, Receipt>();
  private readonly waiting = new Map<string, Work>();
  private readonly running = new Map<string, Work>();
  private readonly cancelledUntil = new Map<string, number>();
  /** Tasks of runs that were handed back because they came too late. */
  private readonly handedBackUntil = new Map<string, number>();
  private draining = false;
  private lastTime = { text: '', ms: Number.NaN };

  constructor(private readonly limits: LedgerLimits) {}

  get queued(): number {
    return this.waiting.size;
  }

  get started(): number {
    return this.running.size;
  }

  /** Ids that are remembered, ended ones included. */
  get remembered(): number {
    return this.known.size + this.cancelledUntil.size + this.handedBackUntil.size;
  }

  /** @param takes false: remember the invocation, and refuse it */
  admit(command: InvokeCommand, traceparent: string | undefined, nowMs: number, takes = true): Admission {
    const { invocation } = command;
    const seen = this.known.get(invocation);
    if (seen) return { kind: 'known', receipt: seen };
    if (this.cancelledUntil.delete(invocation)) return { kind: 'cancelled' };
    const expiresAtMs = this.timeOf(command.expiresAt) + EXPIRY_GRACE_MS;
    if (nowMs > expiresAtMs) {
      return { kind: 'expired', handBack: this.handBackOnce(command, nowMs) };
    }

    const work = new KnownWork(command, traceparent, nowMs, expiresAtMs);
    this.known.set(invocation, work.receipt);
    const isFree = this.running.size < this.limits.concurrency && this.waiting.size === 0;
    if (!takes || this.draining || (!isFree && this.waiting.size >= this.limits.queueLimit)) {
      this.forgetLater(work, nowMs);
      return { kind: 'refuse', work };
    }
    if (isFree) {
      this.running.set(invocation, work);
      return { kind: 'begin', work };
    }
    this.waiting.set(invocation, work);
    return { kind: 'queue', work, position: this.waiting.size };
  }

  /** The next one to begin, if there is room; one that waited longer than its `startMs` goes to `tooLate` instead. */
  next(nowMs: number, tooLate: (work: Work) => void): Work | undefined {
    if (this.draining || this.running.size >= this.limits.concurrency) return undefined;
    for (const [invocation, work] of this.waiting) {
      this.waiting.delete(invocation);
      if (nowMs - work.receivedAtMs > work.command.timeouts.startMs) {
        this.forgetLater(work, nowMs);
        tooLate(work);
        continue;
      }
      this.running.set(invocation, work);
      return work;
    }
    return undefined;
  }

  finish(work: Work, nowMs: number): void {
    this.running.delete(work.command.invocation);
    this.forgetLater(work, nowMs);
  }

  /** @returns what is to be done: stop its handler; nothing, for it was dropped from the queue; nothing, it is unknown */
  cancel(invocation: string, nowMs: number): { stop: Work | undefined; dropped: boolean } {
    const queued = this.waiting.get(invocation);
    if (queued) {
      this.waiting.delete(invocation);
      this.forgetLater(queued, nowMs);
      return { stop: undefined, dropped: true };
    }
    const stop = this.running.get(invocation);
    if (!stop && !this.known.has(invocation)) {
      this.cancelledUntil.set(invocation, nowMs + CANCEL_MEMORY_MS);
    }
    return { stop, dropped: false };
  }

  /** From now on nothing begins. */
  drain(): void {
    this.draining = true;
  }

  /** What had not begun, to be handed back. */
  takeWaiting(nowMs: number): Work[] {
    const works = [...this.waiting.values()];
    this.waiting.clear();
    for (const work of works) this.forgetLater(work, nowMs);
    return works;
  }

  isWaiting({ command }: Work): boolean {
    return this.waiting.has(command.invocation);
  }

  runningWorks(): Work[] {
    return [...this.running.values()];
  }

  /** Frees what can no longer matter: an ended invocation that has expired would not be begun again anyway. */
  forget(nowMs: number): void {
    for (const [invocation, { forgetAtS }] of this.known) {
      if (forgetAtS === 0) continue;
      if (forgetAtS * 1_000 > nowMs) break;
      this.known.delete(invocation);
    }
    for (const memory of [this.cancelledUntil, this.handedBackUntil]) {
      for (const [id, untilMs] of memory) {
        if (untilMs > nowMs) break;
        memory.delete(id);
      }
    }
  }

  /** Only the first time: when the next attempt comes too late as well, the clocks disagree, and it would never end. */
  private handBackOnce({ run, task, item }: InvokeCommand, nowMs: number): boolean {
    const id = JSON.stringify([run, task, item?.index]);
    if (this.handedBackUntil.has(id)) return false;
    this.handedBackUntil.set(id, nowMs + HAND_BACK_MEMORY_MS);
    return true;
  }

  private forgetLater(work: Work, nowMs: number): void {
    const atMs = Math.max(work.expiresAtMs, nowMs) + MEMORY_MARGIN_MS;
    work.receipt.forgetAtS = Math.ceil(atMs / 1_000);
  }

  /** Commands that came together expire together. */
  private timeOf(text: string): number {
    if (text !== this.lastTime.text) this.lastTime = { text, ms: Date.parse(text) };
    return this.lastTime.ms;
  }
}
