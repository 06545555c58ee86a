import type { JsonObject } from '@cordyna/protocol/model';
import {
  RequestRefused,
  ScheduleQueries,
  Schedules,
  type ChangedBy,
  type ScheduleView,
} from '../../../src/coordination/index.js';
import { RUN } from './memory.js';

const AT = '2026-11-21T10:00:00.000Z';

/** Knows the schedule `known`, and remembers what was asked of it. */
export class MemorySchedules extends Schedules {
  readonly asked: unknown[] = [];

  private note(schedule: string, ...what: unknown[]): void {
    if (schedule !== 'known') throw new RequestRefused('unknown_definition', `no ${schedule}`);
    this.asked.push(what);
  }

  async pause(schedule: string, by: ChangedBy): Promise<void> {
    this.note(schedule, 'pause', by);
  }

  async resume(schedule: string, by: ChangedBy): Promise<void> {
    this.note(schedule, 'resume', by);
  }

  async fire(schedule: string, by: ChangedBy, key: string | null) {
    this.note(schedule, 'fire', by, key);
    return { run: RUN };
  }

  async preview(schedule: string, count: number) {
    this.note(schedule, 'preview', count);
    return [0, 1_000];
  }

  async previewOf(body: JsonObject, count: number) {
    this.note('known', 'previewOf', body, count);
    return [0];
  }
}

export class MemoryScheduleQueries extends ScheduleQueries {
  private readonly view: ScheduleView = {
    ...{ schedule: 'known', state: 'paused', task: 'server-a.extract', job: null },
    ...{ everyMs: 1_000, cron: null, timezone: 'UTC', overlap: 'skip', catchUp: 'last' },
    ...{ nextDueAt: null, lastRun: RUN, waiting: [AT], declared: null, definition: { everyMs: 1_000 } },
    version: 2,
    changed: { author: 'ann', reason: null, at: AT },
    paused: { author: null, reason: null, at: AT },
  };

  async schedules() {
    return { items: [this.view], next: null };
  }

  async schedule(schedule: string) {
    return schedule === 'known' ? this.view : null;
  }
}
