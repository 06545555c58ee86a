import { setImmediate } from 'node:timers';
import { EventHeap, type Event } from './event-heap.js';
import type { Process } from './process.js';

/** 2026-11-21T10:00:00Z: the simulated time begins here, epoch ms. */
export const EPOCH_MS = Date.UTC(2026, 10, 21, 10);

/** Timers of up to this are those that somebody looks around by, again and again. */
const FREQUENT_MS = 250;
/** Turns of Node's own loop are dear: one in so many events is enough for whatever else goes on in the process. */
const EVENTS_PER_TURN = 1_000;
const turn = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));
/** A tick that is asked for by a microtask comes after all microtasks, also those that they ask for. Called in one. */
const microtasksDone = (): Promise<void> => new Promise((resolve) => process.nextTick(resolve));

/**
 * Time as the simulation knows it: it stands still while anything is computed, and jumps to the next event. One event
 * at a time runs, with all promises that it settles, so that the same seed gives the same order.
 */
export class World {
  private readonly heap = new EventHeap();
  private order = 0;
  private time = EPOCH_MS;
  /** Whose code is running: timers that are set meanwhile belong to it. */
  private current: Process | null = null;
  events = 0;
  /** How much is held back on its way. */
  held = 0;

  /** Epoch ms; also the database's clock. */
  get now(): number {
    return this.time;
  }

  after(ms: number, owner: Process | null, run: () => void): Event {
    const event = { at: this.time + Math.max(0, ms), order: this.order++, owner, run };
    this.heap.push(event);
    return event;
  }

  /** Something held back on its way, which arrives whether its sender lives or not. */
  hold(ms: number, run: () => void): void {
    this.held += 1;
    this.after(ms, null, () => {
      this.held -= 1;
      run();
    });
  }

  sleep(ms: number, owner: Process | null): Promise<void> {
    return new Promise((resolve) => this.after(ms, owner, resolve));
  }

  /** Runs events until the time has come, or until `until` answers true (asked every `everyMs`). */
  async run(forMs: number, until?: { readonly everyMs: number; done(): boolean }): Promise<boolean> {
    await Promise.resolve();
    const end = this.time + forMs;
    let nextLook = this.time;
    for (;;) {
      if (until && this.time >= nextLook) {
        if (until.done()) return true;
        nextLook = this.time + until.everyMs;
      }
      const event = this.heap.pop();
      if (!event || event.at > end) {
        if (event) this.heap.push(event);
        this.time = end;
        return until?.done() ?? true;
      }
      if (!this.begin(event)) continue;
      await microtasksDone();
      if (this.events % EVENTS_PER_TURN === 0) await turn();
      this.current = null;
    }
  }

  /** Whether anything was done: who is dead does nothing, and who is stopped does it when he wakes up. */
  private begin(event: Event): boolean {
    this.time = Math.max(this.time, event.at);
    const { owner, run } = event;
    if (!run || (owner && !owner.isAlive)) return false;
    if (owner && owner.wakesAt > this.time) {
      event.at = owner.wakesAt;
      this.heap.push(event);
      return false;
    }
    this.events += 1;
    this.current = owner;
    run();
    return true;
  }

  /** Puts simulated timers in the place of Node's for all code that is loaded; gives back what undoes it. */
  takeTimers(): () => void {
    const { setTimeout, clearTimeout } = globalThis;
    const simulated = (run: () => void, ms = 0) => {
      const { current } = this;
      const lateMs = ms <= FREQUENT_MS ? ms * ((current?.slowness ?? 1) - 1) : 0;
      const event = this.after(ms + lateMs, current, run);
      return Object.assign(event, { unref: () => event, ref: () => event });
    };
    const clear = (event?: Event) => {
      if (event) event.run = null;
    };
    globalThis.setTimeout = simulated as unknown as typeof setTimeout;
    globalThis.clearTimeout = clear as unknown as typeof clearTimeout;
    return () => {
      globalThis.setTimeout = setTimeout;
      globalThis.clearTimeout = clearTimeout;
    };
  }
}
