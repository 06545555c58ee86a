import type { Run } from '@cordyna/engine';

export interface CachedRun {
  readonly version: number;
  readonly value: Run;
  readonly contentHash: string;
}

interface Entry {
  cached: CachedRun;
  /** Since it was last looked at whether it may go. */
  isUsed: boolean;
}

/**
 * Unfinished runs with their versions; when more than `maxTasks` task runs are held, the oldest that were not used for
 * long go first. Only a speed-up: every commit compares the version.
 */
export class RunCache {
  // What is used stays where it is: to put it last takes longer than all else that is asked of a map.
  private readonly runs = new Map<string, Entry>();
  private tasks = 0;

  constructor(private readonly maxTasks = 200_000) {}

  get(run: string): CachedRun | undefined {
    const found = this.runs.get(run);
    if (!found) return undefined;
    found.isUsed = true;
    return found.cached;
  }

  put(run: string, cached: CachedRun): void {
    if (cached.value.state !== 'running') return this.evict(run);
    const found = this.runs.get(run);
    if (found) {
      this.tasks -= found.cached.value.tasks.length;
      found.cached = cached;
      found.isUsed = true;
    } else this.runs.set(run, { cached, isUsed: true });
    this.tasks += cached.value.tasks.length;
    if (this.tasks > this.maxTasks) this.shrink(run);
  }

  /** What was used since it was last its turn comes last, and is next to go unless it is used again. */
  private shrink(kept: string): void {
    for (const [run, entry] of this.runs) {
      if (this.tasks <= this.maxTasks || this.runs.size === 1) return;
      if (entry.isUsed || run === kept) {
        entry.isUsed = false;
        this.runs.delete(run);
        this.runs.set(run, entry);
      } else this.evict(run);
    }
  }

  evict(run: string): void {
    const found = this.runs.get(run);
    if (!found) return;
    this.runs.delete(run);
    this.tasks -= found.cached.value.tasks.length;
  }

  clear(): void {
    this.runs.clear();
    this.tasks = 0;
  }

  get size(): number {
    return this.runs.size;
  }
}
