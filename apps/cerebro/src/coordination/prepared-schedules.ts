import type { Changes, Loaded, Reader } from './ports/index.js';

type Prepared = NonNullable<ReturnType<Loaded['schedules']['get']>>;

const NOTHING = { runs: [], freshness: [], keys: [], positions: [], registry: false };

/**
 * Schedules that are about to be due, read before they are: at the due time nothing has to be asked. Only a speed-up: the
 * commit compares their versions, which change when their last run is retried, too. One whose last run is unfinished is not
 * kept, since by then it may have ended.
 */
export class PreparedSchedules {
  private readonly schedules = new Map<string, Prepared>();
  /** What changed while something is being read. */
  private readonly changed = new Set<Set<string>>();

  get(schedule: string): Prepared | undefined {
    return this.schedules.get(schedule);
  }

  /** These are prepared from now on, and no others. */
  async prepare(wanted: readonly string[], reader: Reader): Promise<void> {
    const kept = new Set(wanted);
    for (const schedule of this.schedules.keys()) if (!kept.has(schedule)) this.schedules.delete(schedule);
    const missing = wanted.filter((schedule) => !this.schedules.has(schedule));
    if (missing.length === 0) return;
    const changed = new Set<string>();
    this.changed.add(changed);
    try {
      const { schedules } = await reader.load({ ...NOTHING, schedules: missing });
      for (const [schedule, found] of schedules)
        if (!found.lastRunOpen && !changed.has(schedule)) this.schedules.set(schedule, found);
    } finally {
      this.changed.delete(changed);
    }
  }

  /** What is decided about them makes them others. */
  absorb({ schedules }: Pick<Changes, 'schedules'>): void {
    this.forget(schedules.map(({ value }) => value.schedule));
  }

  forget(schedules: Iterable<string>): void {
    for (const schedule of schedules) {
      this.schedules.delete(schedule);
      for (const changed of this.changed) changed.add(schedule);
    }
  }
}
