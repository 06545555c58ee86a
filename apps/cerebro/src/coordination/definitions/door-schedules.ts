import {
  dueBetween,
  emptyRegistry,
  scheduleBodyErrors,
  scheduleInForce,
  type ScheduleSources,
} from '@cordyna/engine';
import type { JsonObject, ScheduleBody } from '@cordyna/protocol/model';
import { v7 as uuidv7 } from 'uuid';
import { Backlog } from '../backlog.js';
import { RequestRefused } from '../commands.js';
import type { DatabaseClock } from '../database-clock.js';
import type { Door } from '../door.js';
import { NO_DETAILS, type Store } from '../ports/index.js';
import { refusal, withLimit } from '../refusal.js';
import type { ChangedBy } from './changes.js';
import { Schedules } from './schedules.js';

const NOTHING = { runs: [], freshness: [], keys: [], positions: [] };

/** Wishes about schedules as proposals to the door. */
export class DoorSchedules extends Schedules {
  constructor(
    private readonly door: Door,
    private readonly store: Store,
    private readonly clock: DatabaseClock,
    private readonly newRunId: () => string = uuidv7,
    private readonly backlog = new Backlog(Number.POSITIVE_INFINITY),
  ) {
    super();
  }

  async pause(schedule: string, by: ChangedBy): Promise<void> {
    await this.act(schedule, 'pause', by, null);
  }

  async resume(schedule: string, by: ChangedBy): Promise<void> {
    await this.act(schedule, 'resume', by, null);
  }

  async fire(schedule: string, by: ChangedBy, key: string | null): Promise<{ run: string }> {
    this.backlog.check();
    const outcome = await this.act(schedule, 'fire', by, key);
    if (outcome.kind !== 'run') throw refusal(outcome);
    return { run: outcome.run };
  }

  private async act(
    schedule: string,
    action: 'pause' | 'resume' | 'fire',
    { author, reason }: ChangedBy,
    key: string | null,
  ) {
    const newRun = this.newRunId();
    const inbound = { kind: 'schedule-action', schedule, action, author, reason, newRun, key } as const;
    const outcome = await withLimit(this.door.submit(inbound));
    if (outcome.kind !== 'done' && outcome.kind !== 'run') throw refusal(outcome);
    return outcome;
  }

  async preview(schedule: string, count: number): Promise<readonly number[]> {
    const { schedules } = await this.store.load({ ...NOTHING, schedules: [schedule], registry: false });
    const found = schedules.get(schedule);
    const times = found && this.dueTimes({ schedule, ...found.value.details }, count);
    if (times) return times;
    throw new RequestRefused('unknown_definition', `there is no schedule ${schedule}`);
  }

  async previewOf(body: JsonObject, count: number): Promise<readonly number[]> {
    const { registry } = await this.store.load({ ...NOTHING, schedules: [], registry: true });
    const own = body as unknown as ScheduleBody;
    const sources = { schedule: 'preview', ...NO_DETAILS, body: own, bodyAnchor: this.clock.now() };
    const errors = scheduleBodyErrors(registry?.value ?? emptyRegistry(), sources);
    if (errors.length > 0)
      throw new RequestRefused('invalid_definition', 'the schedule is not valid', errors);
    return this.dueTimes(sources, count) ?? [];
  }

  private dueTimes(sources: ScheduleSources, count: number): readonly number[] | null {
    const inForce = scheduleInForce(sources);
    return inForce && dueBetween(inForce.timing, this.clock.now(), Number.MAX_SAFE_INTEGER, count);
  }
}
