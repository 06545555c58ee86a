import { Logger } from '@nestjs/common';
import { mayFire, observe, type Watch } from '@cordyna/engine';
import type { Look, OutboundBus } from '../coordination/index.js';

interface Probe {
  /** Database clock, taken before the end offset was. */
  readonly at: number;
  readonly end: bigint;
}

export interface WatermarkSettings {
  readonly eventsTopic: string;
  readonly serversTopic: string;
  /** A step longer than this ends a stall. */
  readonly maxStepMs: number;
  /** No watchdog fires for this long after a stall. */
  readonly stallGraceMs: number;
}

/**
 * Up to when every message is known to be applied: per partition, t0 is read from the database's clock, *then* the end
 * offset; once the committed position reaches it, all that was appended before t0 has been applied, whoever applied it.
 * Every coordinator finds this out for itself from the stored positions.
 */
export class Watermark {
  private readonly logger = new Logger('Watermark');
  private readonly probes = new Map<string, Probe[]>();
  private readonly safe = new Map<string, number>();
  private known: readonly string[] = [];
  private watch: Watch | null = null;
  /** `events` may be read again before `servers` is: deadlines wait for the end of both stalls. */
  private eventsWatch: Watch | null = null;
  private beyondEnd: string[] = [];

  constructor(
    private readonly bus: OutboundBus,
    private readonly settings: WatermarkSettings,
    private readonly onStall: () => void = () => undefined,
  ) {}

  /**
   * One round: probes the ends, and moves up what the committed positions have reached. Where they have reached an end
   * that was asked for after them, all of it was applied when the time was told.
   * @param look its time was told, and its positions were read, before this
   */
  async advance({ now: at, positions }: Pick<Look, 'now' | 'positions'>): Promise<void> {
    const { eventsTopic, serversTopic } = this.settings;
    const ends = await this.bus.endOffsets([eventsTopic, serversTopic]);
    this.known = [...ends.keys()];
    this.beyondEnd = [];
    for (const [partition, end] of ends) {
      const position = positions.get(partition) ?? 0n;
      if (position > end) this.beyondEnd.push(partition);
      const probes = this.probes.get(partition) ?? [];
      probes.push({ at, end });
      while (probes[0] && probes[0].end <= position) this.safe.set(partition, probes.shift()?.at ?? 0);
      // Of probes with the same end the first one reached is the newest one that matters.
      if (probes.length > 64) probes.splice(1, probes.length - 64);
      this.probes.set(partition, probes);
    }
    this.step();
  }

  private step(): void {
    if (this.beyondEnd.length > 0) {
      this.logger.error(
        `positions of ${this.beyondEnd.join(', ')} lie beyond the end of the log: the topic was made again. ` +
          `Watchdogs are off; delete these rows from the table positions to read the new topic from its beginning`,
      );
      return;
    }
    const overall = this.of('');
    const events = this.of(`${this.settings.eventsTopic}/`);
    if (overall === null || events === null) return;
    const watch = this.observed(this.watch, overall);
    if (this.watch !== null && watch.quietUntilMs !== this.watch.quietUntilMs) this.onStall();
    this.watch = watch;
    this.eventsWatch = this.observed(this.eventsWatch, events);
  }

  private observed(watch: Watch | null, next: number): Watch {
    const { maxStepMs, stallGraceMs } = this.settings;
    // The start is the end of a stall too: nobody knows how long nothing was read.
    if (watch === null) return { watermarkMs: next, quietUntilMs: next + stallGraceMs };
    return observe(watch, next, maxStepMs, stallGraceMs);
  }

  /** Minimum over all partitions of the topics whose name begins so; null as long as one of them is unknown. */
  private of(topic: string): number | null {
    const wanted = this.known.filter((partition) => partition.startsWith(topic));
    if (wanted.length === 0 || this.beyondEnd.length > 0) return null;
    let minimum = Number.POSITIVE_INFINITY;
    for (const partition of wanted)
      minimum = Math.min(minimum, this.safe.get(partition) ?? Number.NEGATIVE_INFINITY);
    return Number.isFinite(minimum) ? minimum : null;
  }

  private afterGrace(watermark: number | null): number | null {
    return this.watch !== null && mayFire(this.watch) ? watermark : null;
  }

  /** Deadlines before this may fire (epoch ms, database clock); null while nothing may. */
  forDeadlines(): number | null {
    const isQuiet = this.eventsWatch === null || !mayFire(this.eventsWatch);
    return isQuiet ? null : this.afterGrace(this.of(`${this.settings.eventsTopic}/`));
  }

  /** Silence is judged up to here: updates and heartbeats both count as signs of life. */
  forSilence(): number | null {
    return this.afterGrace(this.of(''));
  }

  /** How far the watermark is behind the database's clock, `now`; null before the first. */
  ageMs(now: number): number | null {
    const overall = this.of('');
    return overall === null ? null : now - overall;
  }
}
