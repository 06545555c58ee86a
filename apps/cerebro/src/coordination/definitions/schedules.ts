import type { JsonObject } from '@cordyna/protocol/model';
import type { ChangedBy } from './changes.js';

/** What people ask of schedules besides defining them. */
export abstract class Schedules {
  /** @throws RequestRefused when there is none, or it is like that already */
  abstract pause(schedule: string, by: ChangedBy): Promise<void>;
  /** @throws RequestRefused as `pause` does */
  abstract resume(schedule: string, by: ChangedBy): Promise<void>;
  /**
   * Makes a run now, whatever the rule for overlaps says; the same key gives the same run.
   * @throws RequestRefused when there is none, or its task or job cannot run
   */
  abstract fire(schedule: string, by: ChangedBy, key: string | null): Promise<{ readonly run: string }>;
  /** The next due times, epoch ms; of one that is paused those that it would have. @throws RequestRefused */
  abstract preview(schedule: string, count: number): Promise<readonly number[]>;
  /** The due times that a schedule would have. @throws RequestRefused with every error */
  abstract previewOf(body: JsonObject, count: number): Promise<readonly number[]>;
}
