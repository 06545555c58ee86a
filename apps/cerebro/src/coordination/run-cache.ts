import type { Run } from '@cordyna/engine';

export interface CachedRun {
  readonly version: number;
  readonly value: Run;
  readonly contentHash: string;
}

/**
 * Unfinished runs with their versions, the least recently used go first when more than `maxTasks` task runs are held.
 * Only a speed-up: every commit compares the version.
 */
export class RunCache {
  private readonly runs = new Map<string, CachedRun>();
  private tasks = 0;

  constructor(private readonly maxTasks = 200_000) {}

  get(run: string): CachedRun | undefined {
    const found = this.runs.get(run);
    if (found) {
      this.runs.delete(run);
      this.runs.set(run, found);
    }
    return found;
  }

  put(run: string, cached: CachedRun): void {
    this.evict(run);
    if (cached.value.state !== 'running') return;
    this.runs.set(run, cached);
    this.tasks += cached.value.tasks.length;
    for (const [oldest] of this.runs) {
      if (this.tasks <= this.maxTasks || oldest === run) break;
      this.evict(oldest);
    }
  }

  evict(run: string): void {
    const found = this.runs.get(run);
    if (!found) return;
    this.runs.delete(run);
    this.tasks -= found.value.tasks.length;
  }

  clear(): void {
    this.runs.clear();
    this.tasks = 0;
  }

  get size(): number {
    return this.runs.size;
  }
}
