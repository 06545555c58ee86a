import { getHeapStatistics, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

const LOOK_MS = 2_000;
/** Of one core: a coordinator that is asked for nothing takes 0.01. */
const QUIET_SHARE = 0.04;
/** Looks, one after the other, before a load is taken to be over: what comes soon after a collection takes longer. */
const QUIET_LOOKS = 15;
const LOOKS_AGAIN = 6;
const WORTH_BYTES = 32 * 1024 * 1024;

export interface Reading {
  readonly atMs: number;
  /** CPU time of this process. */
  readonly cpuMs: number;
  /** What V8 has of the system for its heap. */
  readonly heapBytes: number;
}

function reading(): Reading {
  const { user, system } = process.cpuUsage();
  return {
    atMs: performance.now(),
    cpuMs: (user + system) / 1_000,
    heapBytes: getHeapStatistics().total_heap_size,
  };
}

let gc: (() => void) | undefined;

/**
 * Collects all garbage and moves together what is left. Not as V8 does when memory is short, by itself most of two minutes
 * after a load: it then also drops the shapes of objects of which there are none just now, and with them compiled code.
 */
export function collectAll(): void {
  if (!gc) {
    setFlagsFromString('--expose-gc');
    gc = runInNewContext('gc') as () => void;
  }
  setFlagsFromString('--compact-on-every-full-gc');
  try {
    gc();
  } finally {
    setFlagsFromString('--no-compact-on-every-full-gc');
  }
}

/**
 * Gives back what a load has left, 30 and 42 seconds after it: the first time the garbage, the second time the room of the
 * young generation, which V8 only does when little has been allocated since the time before.
 */
export class SpareMemory {
  private timer: NodeJS.Timeout | null = null;
  private last: Reading | null = null;
  /** V8's heap when the last load had been cleared away; before the first, when looking began. */
  private restBytes = Number.POSITIVE_INFINITY;
  private quietLooks = 0;
  private isAgain = false;

  constructor(
    private readonly collect: () => void = collectAll,
    private readonly read: () => Reading = reading,
  ) {}

  start(): void {
    this.timer = setInterval(() => {
      this.look();
    }, LOOK_MS);
    // Nothing waits for it.
    this.timer.unref();
  }

  stop(): void {
    if (this.timer) clearInterval(this.timer);
    this.timer = null;
  }

  look(): void {
    const { last } = this;
    const now = this.read();
    this.last = now;
    this.restBytes = Math.min(this.restBytes, now.heapBytes);
    const isQuiet = last !== null && now.cpuMs - last.cpuMs < (now.atMs - last.atMs) * QUIET_SHARE;
    this.quietLooks = isQuiet ? this.quietLooks + 1 : 0;
    if (!isQuiet) this.isAgain = false;
    const isWorthIt = this.isAgain || now.heapBytes - this.restBytes >= WORTH_BYTES;
    if (this.quietLooks < (this.isAgain ? LOOKS_AGAIN : QUIET_LOOKS) || !isWorthIt) return;
    this.collect();
    this.last = this.read();
    this.isAgain = !this.isAgain;
    this.restBytes = this.last.heapBytes;
    this.quietLooks = 0;
  }
}
